/** Placeholder: the transport room fills the one public error table. */
export type ErrorCode = string;
