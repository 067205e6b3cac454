import { expect } from 'chai'
import { GroupCommit, type Written } from '../../src/journal/core/group-commit.ts'
import { GroupSize } from '../../src/journal/core/group-size.ts'
import type { Command } from '../../src/journal/core/queue.ts'
import { entry } from './entries.ts'

const LIMITS = { pendingLimit: 1_000, pendingBytes: 2 ** 20, groupLimit: 512, groupBytes: 2 ** 20 }

/** Groups as they are written; each is answered by hand. */
function held({ queuesGroups = false } = {}) {
  const groups: { commands: readonly Command[]; done(seconds?: number): void; fail(error: Error): void }[] = []
  const faults: unknown[] = []
  const commit = new GroupCommit({
    limits: LIMITS,
    queuesGroups,
    write: (commands) => {
      const { promise, resolve, reject } = Promise.withResolvers<Written>()
      groups.push({
        commands,
        done: (seconds) =>
          resolve({
            results: commands.map(() => 'accepted' as const),
            stateOf: () => expect.fail('no incident was asked about'),
            ...(seconds !== undefined && { seconds }),
          }),
        fail: reject,
      })
      return promise
    },
    onCommitted: () => {},
    onFault: (error) => faults.push(error),
  })
  const add = (nonce: string) => commit.add<'canary'>({ kind: 'canary', nonce, at: 1 })
  return { commit, groups, faults, add }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('GroupCommit', () => {
  it('writes what comes in one turn together, and what comes meanwhile next', async () => {
    const { groups, add, commit } = held()
    const first = [add('a'), add('b')]
    await turn()
    const second = [add('c'), add('d'), add('e')]
    await turn()
    expect(groups.map(({ commands }) => commands.length)).to.deep.equal([2])
    expect(commit.pending).to.equal(5)
    groups[0]!.done()
    await Promise.all(first)
    expect(groups.map(({ commands }) => commands.length)).to.deep.equal([2, 3])
    groups[1]!.done()
    await Promise.all(second)
    expect(commit.pending).to.equal(0)
  })

  it('gives a store that queues groups the next one as soon as it is full, and no third', async () => {
    const { groups, add, commit, faults } = held({ queuesGroups: true })
    const sizes = () => groups.map(({ commands }) => commands.length)
    const first = add('first')
    await turn()
    // From now on a group is full with half of what is pending.
    groups[0]!.done(0.000_1)
    await first
    const many = Array.from({ length: 70 }, (_, index) => add(`${index}`))
    for (const each of many) each.catch(() => {})
    await turn()
    await turn()
    expect(sizes()).to.deep.equal([1, 35])
    void add('one more').catch(() => {})
    await turn()
    expect(sizes()).to.deep.equal([1, 35, 36])
    expect(commit.expectedCommit()).to.be.above(0)
    expect(commit.pending).to.equal(71)
    groups[1]!.done(0.000_1)
    await Promise.all(many.slice(0, 35))
    await turn()
    expect(sizes()).to.deep.equal([1, 35, 36])
    // What becomes of the second is unknown too.
    groups[2]!.fail(new Error('disk'))
    await turn()
    expect(faults).to.have.length(1)
    expect(commit.rejectPending(new Error('down'), new Error('unknown'))).to.deep.equal([])
    expect(commit.pending).to.equal(0)
  })

  it('never separates the entries of one request, even above the limits of a group', async () => {
    const { commit, groups, add } = held()
    void add('first')
    await turn()
    const request = commit.addAll(Array.from({ length: 600 }, () => entry()))
    void add('last')
    groups[0]!.done()
    await turn()
    expect(groups.map(({ commands }) => commands.length)).to.deep.equal([1, 600])
    for (const promise of request) promise.catch(() => {})
    expect(commit.pending).to.equal(601)
  })

  it('takes all entries of a request or none', async () => {
    const { commit } = held()
    void Promise.allSettled(commit.addAll(Array.from({ length: 600 }, () => entry())))
    const results = await Promise.allSettled(commit.addAll(Array.from({ length: 500 }, () => entry())))
    expect(results.map(({ status }) => status)).to.deep.equal(Array.from({ length: 500 }, () => 'rejected'))
    expect(commit.pending).to.equal(600)
  })

  it('rejects what waits and what is being written, and ignores what becomes of that group', async () => {
    const { groups, faults, add, commit } = held()
    const first = ['a', 'b'].map(add)
    await turn()
    const pending = Promise.allSettled([...first, add('c')])
    const [reason, unknown] = [new Error('down'), new Error('unknown')]
    expect(commit.rejectPending(reason, unknown)).to.deep.equal([])
    expect(commit.pending).to.equal(0)
    const reasons = (await pending).map((result) => result.status === 'rejected' && result.reason)
    expect(reasons).to.deep.equal([unknown, unknown, reason])
    groups[0]!.fail(new Error('late'))
    await turn()
    expect(faults).to.deep.equal([])
    const next = add('d')
    await turn()
    groups[1]!.done()
    await next
  })

  it('reports a fault while the group is still under way', async () => {
    const { groups, faults, add, commit } = held()
    void add('a').catch(() => {})
    await turn()
    groups[0]!.fail(new Error('disk'))
    await turn()
    expect(faults).to.have.length(1)
    expect(commit.pending).to.equal(1)
  })

  it('expects a commit after what waits before it, and none to take long while nothing waits', async () => {
    const { groups, add, commit } = held()
    expect(commit.expectedCommit()).to.equal(0)
    const first = add('a')
    await turn()
    await new Promise((resolve) => setTimeout(resolve, 60))
    // It has taken this long and may take as long again.
    expect(commit.expectedCommit()).to.be.at.least(50)
    groups[0]!.done()
    await first
    expect(commit.expectedCommit()).to.equal(0)
    const second = add('b')
    await turn()
    // What is left of this one, and the next.
    expect(commit.expectedCommit()).to.be.above(60)
    const waiting = Array.from({ length: 600 }, (_, index) => add(`${index}`))
    // They do not fit into one group.
    expect(commit.expectedCommit()).to.be.above(120)
    groups[1]!.done()
    await second
    groups[2]!.done()
    await waiting[0]
    groups[3]!.done()
    await Promise.all(waiting)
    // One that hung is forgotten once others were quick.
    const last = add('c')
    await turn()
    expect(commit.expectedCommit()).to.be.below(60)
    groups[4]!.done()
    await last
  })

  it('drains: all that waits is written, group by group', async () => {
    const { groups, add, commit } = held()
    const all = [add('a')]
    await turn()
    all.push(add('b'))
    const drained = commit.drainAll()
    groups[0]!.done()
    await all[0]
    groups[1]!.done()
    await drained
    await all[1]
  })
})

describe('GroupSize', () => {
  it('is the limit until something is known, and where a commit takes long whatever is in it', () => {
    const size = new GroupSize(512)
    expect(size.most(64)).to.equal(512)
    size.recordSample(64, 0.02)
    expect(size.most(64)).to.equal(512)
  })

  it('is small where a commit takes little time, and grows with what it takes', () => {
    const size = new GroupSize(512)
    size.recordSample(64, 0.0008)
    expect(size.most(64)).to.equal(32)
    for (let commit = 0; commit < 50; commit++) size.recordSample(64, 0.002)
    expect(size.most(64)).to.be.within(80, 100)
  })

  it('is half of what is pending where that is more, up to the limit', () => {
    const size = new GroupSize(512)
    size.recordSample(64, 0.0008)
    expect(size.most(65)).to.equal(33)
    expect(size.most(2_000)).to.equal(512)
  })

  it('is not moved much by one slow commit', () => {
    const size = new GroupSize(512)
    size.recordSample(32, 0.0005)
    size.recordSample(32, 0.01)
    expect(size.most(64)).to.be.below(100)
  })
})
