import { Stop } from './stop.mjs'

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** `1h30m` in milliseconds; undefined for anything else. */
export function durationOf(text) {
  if (!/^(\d+(ms|s|m|h|d|w))+$/.test(text)) return undefined
  return [...text.matchAll(/(\d+)(ms|s|m|h|d|w)/g)].reduce((sum, [, count, unit]) => sum + count * UNITS[unit], 0)
}

/** Milliseconds since the epoch, from RFC 3339 or Unix time in seconds or milliseconds; NaN for anything else. */
export function timeOf(value) {
  if (typeof value === 'number' || /^\d+(\.\d+)?$/.test(String(value)))
    return Number(value) * (Number(value) < 1e11 ? 1_000 : 1)
  // A time without a zone is read as UTC, whatever the zone of this machine.
  const text = String(value).replace(' ', 'T')
  return Date.parse(/T\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text) ? `${text}Z` : text)
}

/**
 * The incident's loss window, with a margin: clocks differ, and a delivery is tried for a while.
 * @throws {Stop} where it has no start and `--from` does not give one
 */
export function windowOf({ lossWindow, firstFailureAt, openedAt }, { from: given, margin }) {
  const extra = durationOf(margin)
  if (extra === undefined) throw new Stop(`--margin ${margin} is no duration such as 5m`)
  if (!lossWindow?.until) throw new Stop('the window has no end: the incident is open')
  const start = given === undefined ? lossWindow.from : startOf(given, firstFailureAt ?? openedAt)
  if (!start)
    throw new Stop(
      'the start of the window is unknown: no good moment is known before the first failure; run with --from TIME',
    )
  const [from, until] = [timeOf(start) - extra, timeOf(lossWindow.until) + extra]
  const text = `${new Date(from).toISOString()} to ${new Date(until).toISOString()}`
  return { from, until, text, isBefore: (value) => timeOf(value) < from }
}

function startOf(text, first) {
  const before = durationOf(text)
  const at = before === undefined ? timeOf(text) : timeOf(first) - before
  if (Number.isNaN(at)) throw new Stop(`--from ${text} is neither a time nor a duration before the first failure`)
  return new Date(at).toISOString()
}

/** What has no readable time is kept: the application recognises what it has. */
export function isWithin({ from, until }, value) {
  const at = value === undefined || value === null ? Number.NaN : timeOf(value)
  return Number.isNaN(at) || (at >= from && at <= until)
}
