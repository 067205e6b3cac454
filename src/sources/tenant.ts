/** A tenant's name: of a credential, and of its file in a folder. */
export const TENANT_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'
