import type { Connection } from "../multiplex/call.ts";
import type { Translator } from "../multiplex/dialect.ts";
import type { ModernDialect } from "../multiplex/modern-dialect.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { isLogLevel } from "../protocol/log-levels.ts";
import {
	asText,
	type ErrorObject,
	errorOf,
	type Request,
	type Response,
	resultOf,
} from "../protocol/messages.ts";
import type { Envelope } from "../protocol/meta.ts";
import { askForInput, withInput } from "./input-rounds.ts";
import {
	initializeResult,
	legacyError,
	legacyResult,
	modernRequest,
} from "./to-legacy.ts";

/** Until a legacy client says otherwise a server may choose what it logs; a modern one logs nothing that nobody asked for. */
const unsetLogLevel = "info";

/**
 * A legacy client on a modern child: what the client said once, in its
 * handshake, travels with each of its requests; what the modern revision has
 * removed is served here; an `input_required` result becomes questions to the
 * client (2026-07-28, changelog).
 */
export const legacyOverModern: Translator<ModernDialect> = {
	answerAtOnce({ connection, request }, opening) {
		switch (request.method) {
			case "initialize":
				return resultOf(request.id, initializeResult(opening));
			case "logging/setLevel":
				return setLevel(connection, request);
			default:
				return undefined;
		}
	},
	begin(call, dialect) {
		const { connection, request } = call;
		dialect.listening.renew();
		if (request.method === "resources/subscribe") {
			dialect.listening.subscribe(call);
		} else if (request.method === "resources/unsubscribe") {
			dialect.listening.unsubscribe(call);
		} else {
			const whole = withInput(request, call.input);
			dialect.send(call, modernRequest(whole, envelopeOf(connection)));
		}
	},
	answered(call, response, dialect) {
		const { id, method } = call.request;
		if ("error" in response) {
			const error = legacyError(response.error, method);
			dialect.settle(call, errorOf(id, error));
			return;
		}
		const { result } = response;
		const { resultType = "complete" } = result;
		if (resultType === "input_required") askForInput(call, result, dialect);
		else if (resultType === "complete") {
			dialect.settle(call, resultOf(id, legacyResult(method, result)));
		} else dialect.settle(call, errorOf(id, untranslatable(resultType)));
	},
	notification: (_call, notification) => notification,
	tell: (_connection, _notification, dialect) =>
		dialect.dropped("notification-unknown-to-modern-child"),
};

/** What a request says of a legacy client. */
function envelopeOf({ client, level }: Connection): Envelope {
	return { ...client, logLevel: level ?? unsetLogLevel };
}

function setLevel(connection: Connection, { id, params }: Request): Response {
	if (!isLogLevel(params?.level)) {
		const message = `"level" is no log level: ${JSON.stringify(params?.level)}`;
		return errorOf(id, { code: ErrorCode.invalidParams, message });
	}
	connection.level = params.level;
	return resultOf(id, {});
}

function untranslatable(resultType: unknown): ErrorObject {
	const message = `The server gave a result of a type that this client does not know ("${asText(resultType)}")`;
	const data = { code: "RESULT_NOT_TRANSLATABLE" };
	return { code: ErrorCode.internalError, message, data };
}
