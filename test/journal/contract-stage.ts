import { expect } from 'chai'
import type { IncidentSettings } from '../../src/domain/incident/incident.ts'
import type { Journal, JournalEvents, RetentionLimits } from '../../src/domain/ports/journal.ts'
import type { Failure } from '../../src/domain/report/failure.ts'
import { EventLog, INCIDENTS } from './entries.ts'

export interface ContractOptions {
  readonly events: JournalEvents
  readonly clock: () => number
  /** Goes on as `clock` does: in these tests time passes, nobody sets a clock. */
  readonly monotonic: () => number
  readonly retention: RetentionLimits
  readonly incidents: IncidentSettings
  readonly pendingLimit: number
  /** Milliseconds. */
  readonly retentionInterval: number
}

/** One empty store, and journals that open it one after the other. */
export interface ContractStore {
  journal(options: ContractOptions): Journal
  remove(): Promise<void> | void
}

/** How stores differ in what they promise. */
export interface ContractPromises {
  /** Whether counts continue from the store after a restart (a store that replicas share does not). */
  readonly totals: boolean
  /** Whether retention goes by the clock that the journal was given; else by one of the store. */
  readonly ownClock: boolean
}

/** What a contract's suite offers to its parts. */
export interface ContractStage {
  readonly totals: boolean
  make(options?: Partial<ContractOptions>): Journal
  open(options?: Partial<ContractOptions>): Promise<Journal>
  /** Closes it and opens the store again. */
  reopen(journal: Journal, options?: Partial<ContractOptions>): Promise<Journal>
  /** The journals that are closed after the test. */
  readonly opened: Set<Journal>
  all(journal: Journal, filter?: object): Promise<Failure[]>
  /** What the journal opened last has told. */
  events(): EventLog
  now(): number
  pass(milliseconds: number): void
  /** Called before a test in which so much time passes that something is removed. */
  willTake(milliseconds: number): void
}

const DAY = 86_400_000

/** Belongs directly in a `describe`: it registers the suite's hooks. */
export function contractStage(
  makeStore: () => Promise<ContractStore> | ContractStore,
  { totals, ownClock }: ContractPromises,
): ContractStage {
  let store: ContractStore
  let now: number
  let events: EventLog
  const opened = new Set<Journal>()

  const make = (options: Partial<ContractOptions> = {}): Journal => {
    events = new EventLog()
    const journal = store.journal({
      events,
      clock: () => now,
      monotonic: () => now,
      incidents: INCIDENTS,
      retention: { age: 30 * DAY, size: 2 ** 30 },
      pendingLimit: 100_000,
      retentionInterval: 3_600_000,
      ...options,
    })
    opened.add(journal)
    return journal
  }
  const open = async (options?: Partial<ContractOptions>): Promise<Journal> => {
    const journal = make(options)
    await journal.open()
    expect(journal.status().fault).to.equal(undefined)
    return journal
  }
  /** A store's own clock cannot be told that time passed: then the test begins so many milliseconds earlier. */
  const willTake = (milliseconds: number) => {
    if (!ownClock) now -= milliseconds
  }
  const reopen = async (journal: Journal, options?: Partial<ContractOptions>): Promise<Journal> => {
    await journal.close(10_000)
    opened.delete(journal)
    return open(options)
  }
  const all = async (journal: Journal, filter = {}): Promise<Failure[]> => {
    const failures: Failure[] = []
    for await (const chunk of journal.stream(filter)) failures.push(...chunk)
    return failures
  }

  beforeEach(async () => {
    now = Date.now()
    store = await makeStore()
  })
  afterEach(async () => {
    for (const journal of opened) await journal.close(10_000)
    opened.clear()
    await store.remove()
  })

  return {
    totals,
    make,
    open,
    reopen,
    opened,
    all,
    events: () => events,
    now: () => now,
    pass: (milliseconds: number) => {
      now += milliseconds
    },
    willTake,
  }
}
