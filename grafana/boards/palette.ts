import { CAUSES, type Cause } from '../../src/domain/cause/cause.ts'

/**
 * Colours that people with any kind of colour blindness tell apart (Okabe and Ito's set, lightened for a dark ground).
 * States are never told by colour alone: each has its word.
 */
export const COLOUR = {
  bad: '#E8641B',
  warn: '#F0B429',
  good: '#4BA3E3',
  /** What is as it should be stays in the background: as text, and as the ground of a timeline. */
  ok: '#7F93A6',
  idle: '#2A3947',
  none: '#8E8E8E',
  plain: '#B7C9D9',
  /** Vertical lines behind data. */
  incident: 'rgba(232, 100, 27, 0.45)',
  alert: 'rgba(240, 180, 41, 0.5)',
  restart: 'rgba(160, 160, 160, 0.6)',
} as const

/** Neighbours in a stack differ in lightness; causes of one kind share a hue. */
const CAUSE_COLOURS: Readonly<Record<Cause, string>> = {
  dns: '#9BD4F5',
  connection_refused: '#2B7BBA',
  connection_reset: '#63B0E8',
  unreachable: '#1D4F80',
  tls: '#D68FBD',
  timeout: '#F0B429',
  redirect: '#5F7F6F',
  authentication: '#F3EA6B',
  not_found: '#3FB68B',
  rejected: '#A8DFC9',
  rate_limited: '#9A6B15',
  server_error: '#E8641B',
  unavailable: '#F7A774',
  protocol: '#8F6BB5',
  blocked: '#6B6B6B',
  unknown: '#C9C9C9',
}

/** By the name in a legend, as panels take them. */
export const causeColours = CAUSES.map((name) => ({ name, colour: CAUSE_COLOURS[name] }))

/** The same for outcomes of reports. */
export const OUTCOME_COLOURS = [
  { name: 'recorded', colour: '#4BA3E3' },
  { name: 'duplicate', colour: '#1D4F80' },
  { name: 'rejected', colour: '#F0B429' },
  { name: 'failed', colour: '#E8641B' },
  { name: 'canary', colour: '#8E8E8E' },
] as const

/** Seconds: the default of ingest.answerTimeout as a line in a graph. */
export const DEADLINE = [{ colour: COLOUR.plain }, { from: 0.9, colour: COLOUR.bad }]
