/** After this long without an answer, in ms, a response goes out as a stream, which can be kept alive. */
export const patienceMs = 10_000;
