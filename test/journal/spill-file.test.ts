import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { isSignalEntry } from '../../src/domain/ports/journal.ts'
import { SetAside } from '../../src/journal/spill/set-aside.ts'
import { SpillFile } from '../../src/journal/spill/spill-file.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { entry, INCIDENTS, signalEntry } from './entries.ts'

const MIB = 2 ** 20

describe('the reports of a spill that are set aside', () => {
  afterEach(removeTempFolders)

  it('take no more bytes than the spill may, in any language', async () => {
    const path = join(tempFolder(), 'set-aside.ndjson')
    const setAside = new SetAside(path, MIB)
    const { signal } = signalEntry('failing', { message: '文'.repeat(2_700) })
    const refused = [{ record: { signal }, reason: 'SQLSTATE 22021' }]
    const failures: unknown[] = []
    for (let n = 0; n < 200 && failures.length === 0; n++)
      await setAside.add(refused).catch((error: unknown) => failures.push(error))
    expect(String(failures[0])).to.contain('is full')
    expect(statSync(path).size).to.be.within(MIB - 10_000, MIB)
  })
})

describe('a spill', () => {
  let path: string
  let spill: SpillFile

  const open = async (size: number): Promise<void> => {
    path = join(tempFolder(), 'spill.db')
    const onFault = ({ detail }: { detail: string }) => expect.fail(detail)
    spill = new SpillFile({ path, size, incidents: INCIDENTS, tenantLabel: false, clock: Date.now, onFault })
    await spill.open()
  }
  afterEach(async () => {
    await spill.close(5_000)
    removeTempFolders()
  })

  it('takes no report beyond its size, however fast they come', async () => {
    await open(4 * MIB)
    const raw = Buffer.alloc(60_000, 1)
    let left = 600
    const client = async () => {
      while (left > 0 && spill.usable) {
        left--
        await spill.record(entry({ raw }))
      }
    }
    await Promise.all(Array.from({ length: 100 }, client))
    expect(left).to.be.within(450, 580)
    expect((statSync(path).size + statSync(`${path}-wal`).size) / MIB).to.be.below(5)
  })

  it('moves large reports in small batches, in their order among signals', async () => {
    await open(64 * MIB)
    const raw = Buffer.alloc(MIB, 1)
    const ids: string[] = []
    for (let n = 0; n < 10; n++) {
      const report = entry({ raw })
      const signal = signalEntry('failing')
      await Promise.all(spill.recordAll([report, signal]))
      ids.push(report.failure.id, signal.signal.id)
    }
    const moved: string[] = []
    const bytes: number[] = []
    await spill.flush(async (entries) => {
      moved.push(...entries.map((each) => (isSignalEntry(each) ? each.signal.id : each.failure.id)))
      bytes.push(entries.reduce((sum, each) => sum + (isSignalEntry(each) ? 0 : each.raw.byteLength), 0))
      return []
    })
    expect(moved).to.deep.equal(ids)
    expect(Math.max(...bytes)).to.be.within(3 * MIB, 4 * MIB)
  })
})
