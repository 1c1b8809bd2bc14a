/**
 * The subjects that an orderer sends Raft frames to: made once, since a text made for each frame would be hashed anew
 * wherever it is looked up.
 */
import { MEMBERS, type Subjects } from '@cairn/transport';

/** The subjects of Raft frames from one orderer. */
export class RaftSubjects {
  readonly #subjects: Subjects;
  readonly #from: string;
  /** By channel and receiver. */
  readonly #made = new Map<string, Map<string, string>>();

  constructor(subjects: Subjects, from: string) {
    this.#subjects = subjects;
    this.#from = from;
  }

  /** `to` may be `MEMBERS`. */
  of(channel: string, to: string): string {
    let ofChannel = this.#made.get(channel);
    if (ofChannel === undefined) {
      ofChannel = new Map();
      this.#made.set(channel, ofChannel);
    }
    let subject = ofChannel.get(to);
    if (subject === undefined) {
      subject = this.#make(channel, to);
      ofChannel.set(to, subject);
    }
    return subject;
  }

  #make(channel: string, to: string): string {
    return to === MEMBERS
      ? this.#subjects.raftToMembers(channel, this.#from)
      : this.#subjects.raft({ channel, to, from: this.#from });
  }
}
