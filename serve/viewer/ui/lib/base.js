// Where the page stands: below a path of a server that shows many runs, else at the root.

/** The path before all addresses of the page, without a slash at its end; often ''. */
export const BASE = globalThis.document?.querySelector('meta[name="prowtrace-base"]')?.getAttribute('content') ?? '';
