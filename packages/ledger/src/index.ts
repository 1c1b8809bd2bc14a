/** What a block is: its bytes, hashes, proofs, signatures, and the channel configuration it obeys. */
export {
  type Block,
  type BlockHead,
  type BuildOptions,
  buildBlock,
  decodeBlock,
  decodeBlockBody,
  decodeBlockHead,
  type HeaderFields,
  leavesOf,
  rootOf,
  verifySignature,
} from './block.ts';
export {
  type BodyIndex,
  type BodyLimits,
  bodySliceAt,
  countTransactions,
  duplicateId,
  formatLimits,
  idAt,
  scanBody,
  transactionAt,
} from './body.ts';
export {
  concatBytes,
  equalBytes,
  fromBase64,
  fromHex,
  readU32,
  readU64,
  toBase64,
  toHex,
  utf8,
  utf8Decode,
  writeU32,
  writeU64,
} from './bytes.ts';
export { canonicalJson, type JsonValue } from './canonical-json.ts';
export {
  advanceChain,
  type ChainFault,
  type ChainState,
  type ChainVerdict,
  expectationsOf,
  proposerVerifiers,
  resumeChain,
  startChain,
  stepOver,
  verifyChain,
  verifyNext,
} from './chain.ts';
export {
  type BatchConfig,
  bodyBytesMax,
  type ChannelConfig,
  defaultBatch,
  defaultRaft,
  encodeConfig,
  type Member,
  type MemberRole,
  parseConfig,
  type RaftConfig,
} from './config.ts';
export {
  type Crypto,
  checkPublicKey,
  isCanonicalSignature,
  type Signer,
  type Verifier,
} from './crypto.ts';
export { assert, LedgerError, type LedgerErrorCode, orThrow, unreachable } from './errors.ts';
export {
  type ChannelDefinition,
  channelIdOf,
  checkGenesis,
  configBlockPart,
  configOf,
  decodeGenesis,
  GENESIS_NUMBER,
  GENESIS_TERM,
  genesisBlock,
  initialConfig,
} from './genesis.ts';
export {
  type BlockHeader,
  type BlockKind,
  blockHash,
  decodeHeader,
  encodeHeader,
  signingBytes,
} from './header.ts';
export {
  type BlockJson,
  type BlockNaming,
  type HeaderJson,
  jsonOfBlock,
  jsonOfHeader,
  jsonOfTransaction,
  type TransactionJson,
} from './json.ts';
export {
  BLOCK_BYTES_MAX,
  BODY_BYTES_MAX,
  BODY_OFFSET,
  CONFIG_BYTES_MAX,
  HASH_BYTES,
  HEADER_BYTES,
  ID_BYTES_MAX,
  PUBLIC_KEY_BYTES,
  SEED_BYTES,
  SIGNATURE_BYTES,
  TIMESTAMP_MS_MAX,
  TRANSACTION_BYTES_MAX,
  TRANSACTION_PREFIX_BYTES,
  TRANSACTIONS_MAX,
} from './limits.ts';
export {
  beginMembershipChange,
  type ConfigAt,
  checkSuccession,
  finishMembershipChange,
  type MemberWish,
  memberNameOf,
  proposersOf,
  type RaftConf,
  raftConfOf,
  updateConfig,
  votersOf,
} from './membership.ts';
export { leafAt, merkleLeaves, merkleRoot, nodeHash } from './merkle.ts';
export {
  asHash,
  type BlockNumber,
  type ChannelName,
  CONFIG_ID_PREFIX,
  checkChannelName,
  checkClientTxId,
  checkOrdererName,
  checkTxId,
  configTxId,
  type Hash,
  isName,
  isReservedId,
  type OrdererName,
  parseBlockNumber,
  parseBlockNumberText,
  parseChannelName,
  parseClientTxId,
  parseOrdererName,
  parseTxId,
  RESERVED_NAMES,
  type TxId,
  ZERO_HASH,
} from './names.ts';
export { decodeKey, decodeSeed, encodeKey, encodeSeed } from './nkey.ts';
export { nobleCrypto } from './noble.ts';
export {
  type ConsistencyClaim,
  consistencyProof,
  type InclusionClaim,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from './proof.ts';
export {
  type Authorship,
  checkTransaction,
  decodeTransaction,
  encodeBodyTransaction,
  encodedTransactionBytes,
  encodeTransaction,
  leafHash,
  readTransaction,
  signTransaction,
  type Transaction,
  transactionSigningBytes,
  verifyTransactionSignature,
} from './transaction.ts';
export { txIdUuidV7 } from './uuid.ts';
export {
  type BlockExpectations,
  type BlockFault,
  type Verdict,
  verifyBlock,
  verifyBlockRules,
  verifyProposer,
} from './verify.ts';
