import { expect } from 'chai'
import type { ContractStage } from './contract-stage.ts'
import { codeOf } from './entries.ts'

/** The canary part of what every adapter of the port Journal promises. */
export function canaryContract(stage: ContractStage): void {
  describe('canaries', () => {
    it('takes a nonce once, also within one group and after a restart', async () => {
      let journal = await stage.open()
      const codes = await Promise.all([1, 2, 3].map(() => codeOf(journal.receiveCanary('n1', stage.now()))))
      expect(codes).to.deep.equal(['none', 'canary_replayed', 'canary_replayed'])
      journal = await stage.reopen(journal)
      stage.pass(5 * 60_000)
      expect(await codeOf(journal.receiveCanary('n1', stage.now()))).to.equal('canary_replayed')
      expect(await codeOf(journal.receiveCanary('n2', stage.now()))).to.equal('none')
    })

    it('keeps the first time of being configured, and the last success', async () => {
      let journal = await stage.open()
      const first = stage.now()
      expect(await journal.noteCanary({ configuredAt: first })).to.deep.equal({
        configuredAt: first,
        succeededAt: null,
      })
      stage.pass(1_000)
      await journal.noteCanary({ configuredAt: stage.now(), succeededAt: stage.now() })
      journal = await stage.reopen(journal)
      expect(await journal.noteCanary({ configuredAt: stage.now() + 9 })).to.deep.equal({
        configuredAt: first,
        succeededAt: stage.now(),
      })
    })

    it('takes back moments of a clock that ran ahead', async () => {
      const journal = await stage.open()
      const ahead = stage.now() + 3_600_000
      await journal.noteCanary({ configuredAt: ahead, succeededAt: ahead })
      const moments = { configuredAt: stage.now(), succeededAt: stage.now() + 1 }
      expect(await journal.noteCanary(moments)).to.deep.equal(moments)
      expect(await journal.noteCanary({ configuredAt: ahead })).to.deep.equal(moments)
    })
  })
}
