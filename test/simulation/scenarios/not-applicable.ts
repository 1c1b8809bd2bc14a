/**
 * Bugs of the catalogue that no script can provoke here, because what they live in does not exist; and why.
 */
export const notApplicable: Readonly<Record<string, string>> = {
  'B-11': 'no orderer sends or installs snapshots: blocks are the log, and nothing is compacted',
  'B-13': 'the port of the disk completes writes in order, and one write is under way at a time',
  'B-19': 'nothing ever deletes a channel or its data',
  'B-58': 'no snapshots are sent',
  'B-59': 'no snapshots are sent',
  'B-60': 'nothing is compacted',
  'B-61': 'no snapshots are installed',
  'B-62': 'reads show the committed prefix an orderer has; no read asks the leader for an index',
  'B-63': 'no reads under a lease',
  'B-66': 'channels never sleep',
};
