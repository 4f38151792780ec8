// One span as OTLP JSON, put together of pages. Pure.

/** @typedef {{ attributes?: unknown[] }} Attributed */
/** @typedef {Attributed & { events?: unknown[], links?: unknown[] }} Span */
/** @typedef {{ resource: Attributed, scopeSpans: { scope: Attributed, spans: Span[] }[] }} ResourceSpans */
/** @typedef {{ resourceSpans: ResourceSpans[], next?: number, left?: number }} Page */

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
  append(span, rest, 'events');
  append(span, rest, 'links');
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
