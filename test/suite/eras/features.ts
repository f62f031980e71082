import type { Feature } from "./feature.ts";
import { cancellation } from "./features/cancellation.ts";
import { changedRoots } from "./features/changed-roots.ts";
import { clientIdentity } from "./features/client-identity.ts";
import { completions } from "./features/completions.ts";
import { content } from "./features/content.ts";
import { elicitationComplete } from "./features/elicitation-complete.ts";
import { elicitationError } from "./features/elicitation-error.ts";
import { elicitationForm } from "./features/elicitation-form.ts";
import { elicitationUrl } from "./features/elicitation-url.ts";
import { listChanges } from "./features/list-changes.ts";
import { logging } from "./features/logging.ts";
import { pagination } from "./features/pagination.ts";
import { ping } from "./features/ping.ts";
import { progress } from "./features/progress.ts";
import { prompts } from "./features/prompts.ts";
import { protocolErrors } from "./features/protocol-errors.ts";
import { resources } from "./features/resources.ts";
import { resultType } from "./features/result-type.ts";
import { roots } from "./features/roots.ts";
import { sampling } from "./features/sampling.ts";
import { serverIdentity } from "./features/server-identity.ts";
import { severalRounds } from "./features/several-rounds.ts";
import { structuredArray } from "./features/structured-array.ts";
import { structuredOutput } from "./features/structured-output.ts";
import { subscriptions } from "./features/subscriptions.ts";
import { toolErrors } from "./features/tool-errors.ts";
import { tools } from "./features/tools.ts";
import { traceContext } from "./features/trace-context.ts";
import { undeclaredQuestion } from "./features/undeclared-question.ts";
import { unknownClientNotifications } from "./features/unknown-client-notifications.ts";
import { unknownMethods } from "./features/unknown-methods.ts";
import { unknownParams } from "./features/unknown-params.ts";
import { unknownQuestions } from "./features/unknown-questions.ts";
import { unknownResource } from "./features/unknown-resource.ts";
import { unknownServerNotifications } from "./features/unknown-server-notifications.ts";

/** The rows of the table, in its order. */
export const features: readonly Feature[] = [
	serverIdentity,
	clientIdentity,
	tools,
	content,
	structuredOutput,
	structuredArray,
	resources,
	prompts,
	completions,
	pagination,
	toolErrors,
	protocolErrors,
	unknownResource,
	progress,
	cancellation,
	logging,
	listChanges,
	subscriptions,
	sampling,
	elicitationForm,
	elicitationUrl,
	elicitationComplete,
	elicitationError,
	roots,
	changedRoots,
	severalRounds,
	undeclaredQuestion,
	ping,
	traceContext,
	resultType,
	unknownMethods,
	unknownParams,
	unknownClientNotifications,
	unknownServerNotifications,
	unknownQuestions,
];
