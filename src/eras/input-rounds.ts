import type { Call, Input } from "../multiplex/call.ts";
import type { ModernDialect } from "../multiplex/modern-dialect.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { printJson } from "../protocol/json.ts";
import {
	asText,
	errorOf,
	type Members,
	type Request,
	type Response,
} from "../protocol/messages.ts";
import { declares, questionOf, requiredCapability } from "./input.ts";

/** How often one call may ask its client before it is given up. */
const maxRounds = 10;

/**
 * Asks a legacy client what a modern server wants to know before it answers a
 * call, by real requests; with the answers the call goes to the server again
 * (2026-07-28, basic/patterns/mrtr).
 */
export function askForInput(
	call: Call,
	{ inputRequests, requestState }: Members,
	dialect: ModernDialect,
): void {
	const rounds = (call.input?.rounds ?? 0) + 1;
	if (rounds > maxRounds) {
		fail(call, dialect, `asked for input more than ${maxRounds} times`);
		return;
	}
	const questions: { key: string; question: Request }[] = [];
	for (const [key, entry] of Object.entries(inputRequests ?? {})) {
		const question = questionOf(dialect.nextQuestionId(), entry);
		const problem = problemOf(call, key, question);
		if (problem !== undefined) {
			fail(call, dialect, problem);
			return;
		}
		if (question) questions.push({ key, question });
	}
	const input = { rounds, requestState, responses: {}, open: questions.length };
	call.input = input;
	dialect.park(call);
	if (questions.length === 0) dialect.resume(call);
	for (const { key, question } of questions) {
		dialect.askClient({
			connection: call.connection,
			call,
			request: question,
			bytes: printJson(question).length,
			answered: (response) => answered(call, input, key, response, dialect),
		});
	}
}

/** A request with the answers to what its server has asked, where it has. */
export function withInput(request: Request, input: Input | undefined): Request {
	if (!input) return request;
	const { responses, requestState } = input;
	const params = {
		...request.params,
		...(Object.keys(responses).length > 0 && { inputResponses: responses }),
		...(requestState !== undefined && { requestState }),
	};
	return { ...request, params };
}

function answered(
	call: Call,
	input: Input,
	key: string,
	response: Response,
	dialect: ModernDialect,
): void {
	if ("error" in response) {
		const cause = response.error;
		const message = `The server's question "${key}" was answered with an error: ${asText(cause.message)}`;
		const data = { code: "INPUT_REFUSED", cause };
		const code = ErrorCode.internalError;
		dialect.settle(call, errorOf(call.request.id, { code, message, data }));
		return;
	}
	input.responses[key] = response.result;
	input.open--;
	if (input.open === 0) dialect.resume(call);
}

/** Why a client cannot be asked something, as the end of a sentence about the server. */
function problemOf(
	{ connection }: Call,
	key: string,
	question: Request | undefined,
): string | undefined {
	const required =
		question && requiredCapability(question.method, question.params);
	if (!question || !required) {
		return `asked for input that no client can give ("${key}")`;
	}
	return declares(connection.client.capabilities, required)
		? undefined
		: `asked for "${question.method}", which the client has not declared`;
}

function fail(call: Call, dialect: ModernDialect, what: string): void {
	const code = ErrorCode.internalError;
	const message = `The server ${what}`;
	const data = { code: "INPUT_NOT_POSSIBLE" };
	dialect.settle(call, errorOf(call.request.id, { code, message, data }));
}
