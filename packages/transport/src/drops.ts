/** Why a bus did not take a message: `onDropped` is told, for `cairn_transport_dropped_total{reason}`. */
export type DropReason = 'disconnected' | 'tooLarge' | 'outboundFull';
