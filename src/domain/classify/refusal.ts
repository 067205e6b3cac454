import { classify } from './classify.ts'

/** Rules that only a refusal by the host fits. The others of this cause say merely that no connection was made. */
const HOST_REFUSALS = /^(connect\.refused(\.localised)?|meaning\.refused|(code|number)\.(errno|winsock))$/

/** Whether a report says that the host refused the connection, in words or by a system's number, and not only that connecting failed. */
export const isHostRefusal = (code: number, message: string): boolean =>
  classify({ code, message }).evidence.some(
    ({ rule, means }) => means === 'connection_refused' && HOST_REFUSALS.test(rule),
  )
