/** One message that Alertmanager sent to one receiver. */
export interface Message {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly receiver: string
  readonly alerts: readonly MessageAlert[]
  /** The same message as people read it. */
  readonly text: string
}

export interface MessageAlert {
  readonly status: 'firing' | 'resolved'
  /** When it began to fire, as Alertmanager says it; with the labels it is one instance of the alert. */
  readonly startsAt: string
  readonly labels: Readonly<Record<string, string>>
}

/** Something that should page someone. */
export interface Expected {
  readonly namespace: string
  /** Empty for the receiver itself. */
  readonly endpoint: string
  readonly alerts: RegExp
  /** The receiver that must get it. */
  readonly receiver: RegExp
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Milliseconds from then to the page, at most. */
  readonly within: number
}

/** When something was broken; what still is has no end. */
export interface Broken {
  readonly namespace: string
  readonly endpoint: string
  readonly from: number
  until?: number
}

/** What a `resolved` must say if it comes while the endpoint still fails. */
const SAYS_NOT_PROVEN = /not proven/i

export interface Score {
  readonly right: readonly Expected[]
  readonly late: readonly { readonly expected: Expected; readonly took: number }[]
  readonly missed: readonly Expected[]
  /** Pages that no one should have got. */
  readonly wrong: readonly Subject[]
  /** Messages to a pager that say nothing new, and second pages for the same outage. */
  readonly repeated: readonly Subject[]
  /** `resolved` while the endpoint failed, without a word that nothing proves it. */
  readonly falselyResolved: readonly Subject[]
  /** Ends that were announced, with their message. */
  readonly resolved: readonly (Subject & { readonly alert: MessageAlert })[]
}

export interface Subject {
  readonly at: number
  readonly receiver: string
  readonly name: string
}

const PAGER = /-pager$/
const keyOf = ({ labels, startsAt }: MessageAlert): string => JSON.stringify([labels, startsAt])
const nameOf = ({ labels }: MessageAlert): string =>
  `${labels['namespace']}/${labels['endpoint'] ?? ''} ${labels['alertname']}`

/**
 * Holds what was sent against what happened. Only pagers count for pages; a `resolved` counts wherever it is sent.
 * @param messages in order of arrival
 */
export function score(messages: readonly Message[], expected: readonly Expected[], broken: readonly Broken[]): Score {
  const open = new Set(expected)
  const result = {
    right: [] as Expected[],
    late: [] as { expected: Expected; took: number }[],
    wrong: [] as Subject[],
    repeated: [] as Subject[],
    falselyResolved: [] as Subject[],
    resolved: [] as (Subject & { alert: MessageAlert })[],
  }
  const fired = new Set<string>()
  const ended = new Set<string>()
  /** Announced and not yet announced as resolved, by receiver, namespace, endpoint and alert. */
  const announced = new Set<string>()
  for (const { at, receiver, alerts, text } of messages) {
    const page = PAGER.test(receiver)
    let news = 0
    for (const alert of alerts) {
      const key = `${receiver} ${keyOf(alert)}`
      const subject = { at, receiver, name: nameOf(alert) }
      const topic = `${receiver} ${subject.name}`
      if (alert.status === 'resolved') {
        if (ended.has(key)) continue
        ended.add(key)
        announced.delete(topic)
        if (!fired.has(key)) {
          // An alert that no one was told of: its end is noise.
          if (page) result.repeated.push({ ...subject, name: `${subject.name}: an end without a beginning` })
          continue
        }
        news++
        result.resolved.push({ ...subject, alert })
        if (!SAYS_NOT_PROVEN.test(text) && isBroken(broken, alert, at)) result.falselyResolved.push(subject)
        continue
      }
      if (fired.has(key)) continue
      fired.add(key)
      news++
      if (page && announced.has(topic)) result.repeated.push(subject)
      announced.add(topic)
      const match = [...open].find((it) => it.receiver.test(receiver) && fits(it, alert, at))
      if (!match) {
        if (page) result.wrong.push(subject)
        continue
      }
      open.delete(match)
      const took = at - match.at
      if (took > match.within) result.late.push({ expected: match, took })
      else result.right.push(match)
    }
    if (page && news === 0) result.repeated.push({ at, receiver, name: alerts.map(nameOf).join(', ') })
  }
  return { ...result, missed: [...open] }
}

function fits({ namespace, endpoint, alerts, at: since }: Expected, { labels }: MessageAlert, at: number): boolean {
  return (
    labels['namespace'] === namespace &&
    (labels['endpoint'] ?? '') === endpoint &&
    alerts.test(labels['alertname']!) &&
    at >= since
  )
}

/** Whether what the alert is about was broken for all of the last seconds: the fix and its announcement may cross. */
function isBroken(all: readonly Broken[], { labels }: MessageAlert, at: number): boolean {
  return all.some(
    ({ namespace, endpoint, from, until }) =>
      namespace === labels['namespace'] && endpoint === (labels['endpoint'] ?? '') && from < at && (until ?? at) >= at,
  )
}
