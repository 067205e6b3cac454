/** The `type` of the failure notice. */
export const NOTICE_TYPE = 'webhook.delivery.failed'
