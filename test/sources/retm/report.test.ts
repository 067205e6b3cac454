import { expect } from 'chai'
import fc from 'fast-check'
import { AppError } from '../../../src/errors.ts'
import { parseReport } from '../../../src/sources/retm/report.ts'

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const valid = { code: 500, endpoint: 'https://shop.example/hook', message: 'no' }

function fault(value: unknown): AppError {
  try {
    parseReport(value instanceof Uint8Array ? value : bytes(value))
  } catch (error) {
    expect(error).to.be.instanceOf(AppError)
    return error as AppError
  }
  throw new Error('it was accepted')
}

describe('parseReport', () => {
  it('takes a report as RETM sends it', () => {
    expect(parseReport(bytes(valid))).to.deep.equal(valid)
  })

  for (const [given, code] of [
    [0, 0],
    ['404', 404],
    ['-7', -7],
    ['007', 7],
    [-2147483648, -2147483648],
    ['4294967295', 4294967295],
    [200.0, 200],
  ] as const) {
    it(`reads the code ${JSON.stringify(given)} as ${code}`, () => {
      expect(parseReport(bytes({ ...valid, code: given })).code).to.equal(code)
    })
  }

  it('reads -0 as 0 in both forms', () => {
    expect(Object.is(parseReport(bytes('{"code":-0,"endpoint":"x"}')).code, 0)).to.equal(true)
    expect(Object.is(parseReport(bytes('{"code":"-0","endpoint":"x"}')).code, 0)).to.equal(true)
  })

  for (const code of [
    1.5,
    '',
    ' 5',
    '5 ',
    '+5',
    '1e3',
    '0x10',
    '５',
    4294967296,
    '4294967296',
    '-2147483649',
    true,
    null,
    [],
    {},
  ]) {
    it(`refuses the code ${JSON.stringify(code)} by its pointer`, () => {
      expect(fault({ ...valid, code }).faults.map((f) => f.pointer)).to.deep.equal(['/code'])
    })
  }

  it('takes a message that is left out or null as empty', () => {
    expect(parseReport(bytes({ code: 1, endpoint: 'x' })).message).to.equal('')
    expect(parseReport(bytes({ code: 1, endpoint: 'x', message: null })).message).to.equal('')
  })

  it('accepts unknown fields, among them __proto__', () => {
    expect(parseReport(bytes('{"code":1,"endpoint":"x","extra":{"a":1},"__proto__":{"message":"no"}}'))).to.deep.equal({
      code: 1,
      endpoint: 'x',
      message: '',
    })
  })

  it('takes an endpoint of 2048 characters and refuses one more, and none', () => {
    expect(parseReport(bytes({ ...valid, endpoint: 'x'.repeat(2048) })).endpoint).to.have.length(2048)
    expect(fault({ ...valid, endpoint: 'x'.repeat(2049) }).faults[0]?.pointer).to.equal('/endpoint')
    expect(fault({ ...valid, endpoint: '' }).faults[0]?.pointer).to.equal('/endpoint')
  })

  it('names every faulty field at once, also those that are missing', () => {
    const error = fault({ message: 5 })
    expect(error.code).to.equal('invalid_report')
    expect(error.faults.map((f) => f.pointer).sort()).to.deep.equal(['/code', '/endpoint', '/message'])
    expect(error.faults.find((f) => f.pointer === '/code')?.detail).to.match(/missing/)
    expect(error.message).to.include('code').and.include('endpoint').and.include('message')
  })

  for (const document of ['[]', 'null', '5', '"text"', 'true']) {
    it(`refuses the document ${document}`, () => {
      expect(fault(document).code).to.equal('invalid_report')
    })
  }

  for (const text of ['', ' ', '{', '{"code":1,}', "{'code':1}", '{"code":1} x', '\u0000', 'NaN']) {
    it(`refuses ${JSON.stringify(text)} as no JSON`, () => {
      expect(fault(text).code).to.equal('invalid_json')
    })
  }

  for (const raw of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x22, 0xe2, 0x82, 0x22]]) {
    it(`refuses the bytes ${raw.map((b) => b.toString(16))} as no UTF-8`, () => {
      expect(fault(Uint8Array.from(raw)).code).to.equal('invalid_encoding')
    })
  }

  it('throws nothing but AppErrors, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytes), fc.object().map(bytes)), (raw) => {
        try {
          parseReport(raw)
        } catch (error) {
          expect(error).to.be.instanceOf(AppError)
        }
      }),
    )
  })
})
