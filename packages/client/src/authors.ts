/**
 * Who wrote a transaction. A channel's blocks prove that its orderers ordered the transaction; that its author signed it
 * is a second question, answered here for those who rely on authors.
 */
import {
  type Crypto,
  type Hash,
  LedgerError,
  type Transaction,
  toHex,
  type Verifier,
  verifyTransactionSignature,
} from '@cairn/ledger';

/** A verifier costs about a millisecond to make and is kept; so many at most. */
const VERIFIERS_MAX = 1_000;

export class AuthorVerifier {
  readonly #crypto: Crypto;
  readonly #verifiers = new Map<string, Verifier | null>();

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  /** False also for a transaction without author, and for a key that may not stand for a signer. */
  isSigned(transaction: Transaction, channelId: Hash): boolean {
    if (transaction.author === undefined) return false;
    const verifier = this.#verifierOf(transaction.author);
    if (verifier === null) return false;
    return verifyTransactionSignature(this.#crypto, verifier, channelId, transaction);
  }

  #verifierOf(author: Uint8Array): Verifier | null {
    const key = toHex(author);
    const known = this.#verifiers.get(key);
    if (known !== undefined) return known;
    const made = this.#make(author);
    if (this.#verifiers.size >= VERIFIERS_MAX) this.#verifiers.clear();
    this.#verifiers.set(key, made);
    return made;
  }

  #make(author: Uint8Array): Verifier | null {
    try {
      return this.#crypto.createVerifier(author);
    } catch (error) {
      if (error instanceof LedgerError) return null;
      throw error;
    }
  }
}
