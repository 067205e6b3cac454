import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { programsIn, requireProgram } from './programs.ts'

describe('requireProgram', () => {
  it('gives a program that runs', async function () {
    const promtool = await requireProgram(this, 'promtool')
    expect(execFileSync(promtool.path, ['--version'], { env: promtool.env, encoding: 'utf8' })).to.match(
      /^promtool, version \d/,
    )
  })
})

describe('programsIn', () => {
  it('reads what tests ask for, once each', () => {
    expect(
      programsIn(["await requireProgram(this, 'promtool')", "program('strace'); program('promtool')", "program('ls')"]),
    ).to.eql(['promtool', 'strace'])
  })
})
