// Times in a query: those that name no zone are given the one that is meant. So a
// query means the same for all who read it. Pure.

const QUOTED = /"(?:\\.|[^"\\])*"/u.source;
const TIME = /\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?/u.source;
const DATE = /\d{4}-\d\d-\d\d/u.source;
const UNZONED = new RegExp(`(?<=(?:^|[\\s(])-?(?:after|before):)(?:(?<q>"?)(?:(?<date>${DATE})(?:[Tt ](?<hour>${TIME}))?|(?<day>${TIME}))\\k<q>)(?=[\\s)]|$)|${QUOTED}`, 'gu');

/**
 * A query whose times all have a zone.
 * @param {string} q
 * @param {(date: string, time: string) => string} zone of a time, as Z or +02:00; the date is "" for a time of day
 */
export function withZone(q, zone) {
  return q.replace(UNZONED, (all, ...rest) => {
    const { date = '', hour = '00:00', day } = /** @type {Record<string, string | undefined>} */ (rest.at(-1));
    if (day !== undefined) return day + zone('', day);
    return date === '' ? all : `${date}T${hour}${zone(date, hour)}`;
  });
}

export const UTC = () => 'Z';

/**
 * The zone of this computer. A time of day has that of a day.
 * @param {number} day ms since 1970
 */
export function localZone(day) {
  return (/** @type {string} */ date, /** @type {string} */ time) => {
    const minutes = -new Date(date === '' ? day : `${date}T${time.padStart(5, '0').slice(0, 5)}`).getTimezoneOffset();
    if (Number.isNaN(minutes)) return ''; // no such time: the server says so
    const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
    const all = Math.abs(minutes);
    return `${minutes < 0 ? '-' : '+'}${two(Math.floor(all / 60))}:${two(all % 60)}`;
  };
}
