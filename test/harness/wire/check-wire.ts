import { afterAll, beforeEach, expect } from "vitest";
import { childConversations } from "./child-conversations.ts";
import { clientConversations } from "./client-conversations.ts";
import { describeBreaches } from "./describe-breaches.ts";
import { exchanges } from "./exchange.ts";
import { findBreaches } from "./find-breaches.ts";
import { preciseNow } from "./precise-now.ts";
import {
	recordChildren,
	recordsFolder,
	removeRecords,
} from "./record-children.ts";
import { tapFetch } from "./tap-fetch.ts";
import { tapHttp } from "./tap-http.ts";

/**
 * A setup file of the suites: whatever the bridge sends to a client or a child in any test of a file is checked
 * against the revision that it is sent under, and the file fails where it is not valid.
 */

const begun: { at: number; name: string | undefined }[] = [];

tapFetch();
tapHttp();
recordChildren();

beforeEach(() => {
	begun.push({ at: preciseNow(), name: expect.getState().currentTestName });
});

// Registered before any hook of the test file, so that it runs after them all: when its bridges are gone.
afterAll(async () => {
	try {
		const folder = recordsFolder();
		const breaches = await findBreaches([
			...clientConversations(exchanges.splice(0)),
			...(folder === undefined ? [] : childConversations(folder)),
		]);
		if (breaches.length > 0)
			throw new Error(
				describeBreaches(
					breaches,
					(at) => begun.findLast((test) => test.at <= at)?.name,
				),
			);
	} finally {
		removeRecords();
	}
}, 60_000);
