import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { Deadlines, Timed } from '../src/deadlines.ts'

class Item extends Timed {
  readonly name: string
  readonly #due: (name: string) => void

  constructor(name: string, due: (name: string) => void) {
    super()
    this.name = name
    this.#due = due
  }

  override onDue(): void {
    this.#due(this.name)
  }
}

describe('Deadlines', () => {
  let due: { name: string; at: number }[]
  const item = (name: string) => new Item(name, () => due.push({ name, at: performance.now() }))
  beforeEach(() => {
    due = []
  })

  it('calls each item in turn, never before its time, and once', async () => {
    const deadlines = new Deadlines(40)
    const added = new Map<string, number>()
    for (const name of ['a', 'b', 'c']) {
      const now = performance.now()
      added.set(name, now)
      deadlines.add(item(name), now)
      await sleep(15)
    }
    await sleep(200)
    expect(due.map(({ name }) => name)).to.deep.equal(['a', 'b', 'c'])
    for (const { name, at } of due) expect(at).to.be.at.least(added.get(name)! + 40)
  })

  it('does not call those that were removed, first, last or between', async () => {
    const deadlines = new Deadlines(20)
    const items = ['a', 'b', 'c', 'd', 'e'].map(item)
    for (const each of items) deadlines.add(each, performance.now())
    for (const index of [0, 2, 4, 4]) deadlines.remove(items[index]!)
    await sleep(150)
    expect(due.map(({ name }) => name)).to.deep.equal(['b', 'd'])
  })

  it('goes on after it was empty, and when an item adds another as it is due', async () => {
    const deadlines = new Deadlines(10)
    const first = item('first')
    deadlines.add(first, performance.now())
    deadlines.remove(first)
    await sleep(50)
    const second = new Item('second', () => deadlines.add(item('third'), performance.now()))
    deadlines.add(second, performance.now())
    await sleep(150)
    expect(due.map(({ name }) => name)).to.deep.equal(['third'])
  })
})
