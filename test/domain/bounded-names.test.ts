import { expect } from 'chai'
import { boundedNames } from '../../src/domain/report/bounded-names.ts'

describe('boundedNames', () => {
  it('admits configured names, then those restored, then first come, up to the limit', () => {
    const names = boundedNames(['a', 'b'], 4)
    names.restore(['c', 'a'])
    expect(names.isTracked('d')).to.equal(true)
    expect(names.isTracked('e')).to.equal(false)
    for (const name of ['a', 'b', 'c', 'd']) expect(names.isTracked(name)).to.equal(true)
  })

  it('takes the places of others back for those restored', () => {
    const names = boundedNames(['a'], 3)
    expect(names.isTracked('b') && names.isTracked('c')).to.equal(true)
    names.restore(['d', 'c'])
    expect(['a', 'b', 'c', 'd'].map((name) => names.isTracked(name))).to.deep.equal([true, false, true, true])
  })

  it('gives a place to each that is failing first, also beyond the limit', () => {
    const names = boundedNames(['a', 'b'], 3)
    names.restore(['c', 'd', 'e'], ['d', 'e'])
    expect(['c', 'd', 'e', 'f'].map((name) => names.isTracked(name))).to.deep.equal([false, true, true, false])
    expect(['a', 'c', 'd', 'e'].map((name) => names.has(name))).to.deep.equal([true, false, true, true])
  })

  it('leaves it to a shared journal who has a place', () => {
    const names = boundedNames(['a'], 3, true)
    const admitted = () => ['a', 'b', 'c', 'd'].map((name) => names.isTracked(name))
    expect(admitted()).to.deep.equal([true, true, true, true])
    // Also more than fit here: replicas may be configured differently during a rollout.
    names.restore(['d', 'c', 'e'])
    expect(admitted()).to.deep.equal([true, false, true, true])
    expect(names.isTracked('e')).to.equal(true)
    expect(names.isTracked('invalid')).to.equal(false)
  })

  it('gives back what was asked for and not stored', () => {
    const names = boundedNames([], 2)
    expect(['a', 'b', 'b', 'c'].map((name) => names.isTracked(name))).to.deep.equal([true, true, true, false])
    names.complete('a', false)
    names.complete('b', false)
    expect(names.isTracked('c')).to.equal(true)
    expect(names.isTracked('d')).to.equal(false)
    names.complete('b', true)
    names.complete('c', false)
    expect(['b', 'd', 'e'].map((name) => names.isTracked(name))).to.deep.equal([true, true, false])
  })

  it('admits neither invalid nor other', () => {
    const names = boundedNames([])
    names.restore(['invalid', 'other'])
    expect(names.isTracked('invalid') || names.isTracked('other')).to.equal(false)
  })

  it('admits 500 by default', () => {
    const names = boundedNames(['a'])
    expect(Array.from({ length: 1_000 }, (_, n) => names.isTracked(`${n}`)).filter(Boolean)).to.have.length(499)
  })
})
