/** After this long without an answer, in ms, a response goes out as a stream, which can be kept alive. */
export const patienceMs = 10_000;

/**
 * The same for a modern request, which a closed response cancels: that the
 * client has gone is sure to be seen on a stream only (Deno tells of it late,
 * or not at all, before there is a response).
 */
export const modernPatienceMs = 2000;
