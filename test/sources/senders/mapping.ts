/** A mapping of a list of events, with a value in a header. */
export const LIST_MAPPING = {
  type: '/type',
  lost: ['failed'],
  recovered: ['ok'],
  each: '/events',
  id: '/id',
  endpoint: '/url',
  code: '/status',
  message: '/error',
  tenant: 'header:X-Tenant',
  time: '/at',
}
