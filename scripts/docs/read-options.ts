import path from "node:path";
import { type JSDoc, Project, type PropertySignature } from "ts-morph";
import { root } from "../../test/harness/runtimes.ts";

/** An option as its docstring describes it. */
export interface DocumentedOption {
	readonly name: string;
	readonly type: string;
	readonly isRequired: boolean;
	/** The first paragraph. */
	readonly summary: string;
	/** A JSON value in backticks where the schema has a default, else words; undefined where the tag is missing. */
	readonly defaultValue: string | undefined;
	readonly danger: string | undefined;
	/** A page of docs, with or without an anchor. */
	readonly see: string | undefined;
}

const project = new Project({ skipAddingFilesFromTsConfig: true });
project.addSourceFilesAtPaths(
	path.join(root, "src/config/*-{input,limits,filters}.ts"),
);

/** The options that an interface in `src/config` declares itself. */
export function readOptions(interfaceName: string): DocumentedOption[] {
	return declarationOf(interfaceName).getProperties().map(documented);
}

/** The interfaces that make up another one. */
export function partsOf(interfaceName: string): string[] {
	return declarationOf(interfaceName)
		.getExtends()
		.map((part) => part.getText());
}

function declarationOf(interfaceName: string) {
	for (const file of project.getSourceFiles()) {
		const declaration = file.getInterface(interfaceName);
		if (declaration !== undefined) return declaration;
	}
	throw new Error(`No interface ${interfaceName} in src/config`);
}

function documented(property: PropertySignature): DocumentedOption {
	const name = property.getName();
	const [doc] = property.getJsDocs();
	if (doc === undefined) throw new Error(`${name} has no docstring`);
	const [summary = ""] = doc.getDescription().trim().split("\n\n");
	return {
		name,
		type: typeOf(property),
		isRequired: !property.hasQuestionToken(),
		summary: oneLine(summary),
		defaultValue: tagOf(doc, "defaultValue"),
		danger: tagOf(doc, "danger"),
		see: tagOf(doc, "see")?.replaceAll("`", ""),
	};
}

/** Without what every option has: `readonly`, and `undefined` for one that is left out. */
function typeOf(property: PropertySignature): string {
	return oneLine(property.getTypeNodeOrThrow().getText())
		.replaceAll(/\| undefined\b/g, "")
		.replaceAll("readonly ", "")
		.replace(/^\| /, "")
		.replaceAll(/ +(?=>|$)/g, "")
		.replace(/^Readonly<(.+)>$/, "$1");
}

function tagOf(doc: JSDoc, name: string): string | undefined {
	const tag = doc.getTags().find((tag) => tag.getTagName() === name);
	const text = tag?.getCommentText();
	return text === undefined ? undefined : oneLine(text);
}

function oneLine(text: string): string {
	return text.replaceAll(/\s+/g, " ").trim();
}
