// One span as OTLP JSON, put together of pages. Pure.

/** @typedef {{ attributes?: unknown[] }} Attributed */
/** @typedef {Attributed & { events?: unknown[], links?: unknown[] }} Span */
/** @typedef {{ resource: Attributed, scopeSpans: { scope: Attributed, spans: Span[] }[] }} ResourceSpans */
/** @typedef {{ resourceSpans: ResourceSpans[], continued?: boolean, next?: number, left?: number }} Page */

/**
 * Adds the parts of a further page to those before, which are one span.
 * @param {Page} all
 * @param {Page} page
 */
export function addParts(all, page) {
  const [to, from] = [all.resourceSpans[0], page.resourceSpans[0]];
  const [scope, more] = [to?.scopeSpans[0], from?.scopeSpans[0]];
  const [span, rest] = [scope?.spans[0], more?.spans[0]];
  if (!to || !from || !scope || !more || !span || !rest) return;
  append(to.resource, from.resource, 'attributes');
  append(scope.scope, more.scope, 'attributes');
  append(span, rest, 'attributes');
  if (page.continued) goOn(span, rest);
  append(span, rest, 'events');
  append(span, rest, 'links');
}

/**
 * Takes off the first event of a page, or its first link where it has no events: it has
 * further attributes of the last one before.
 * @param {Span} to
 * @param {Span} from
 */
function goOn(to, from) {
  const key = from.events?.length ? 'events' : 'links';
  const last = /** @type {Attributed | undefined} */ (to[key]?.at(-1));
  const first = /** @type {Attributed | undefined} */ (from[key]?.shift());
  if (last && first) append(last, first, 'attributes');
}

/**
 * @template {string} K
 * @param {{ [key in K]?: unknown[] }} to
 * @param {{ [key in K]?: unknown[] }} from
 * @param {K} key
 */
function append(to, from, key) {
  const more = from[key];
  if (more) to[key] = (to[key] ?? []).concat(more);
}
