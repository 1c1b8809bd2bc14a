/** One process: what it leads, how its event loop, memory, disk and connection to NATS are. */
import { always, bad, good, neverMapping, plain, warning, yesOrNo } from './colors.ts';
import type { Frame } from './frame.ts';
import type { Section } from './layout.ts';
import { graph, stat } from './panels.ts';
import { maxBy, ofOrderer, quantileOf, rateOf, sumBy } from './selectors.ts';

const each = '{{instance}}';
const perOrderer = (expression: string): string => maxBy(['instance'], expression);

const now: Section = {
  title: 'Now',
  height: 5,
  panels: [
    stat({
      title: 'Channels led',
      description: 'How many channels each orderer leads.',
      width: 7,
      unit: 'none',
      queries: [[sumBy(['instance'], ofOrderer('cairn_raft_is_leader')), each]],
      thresholds: always(plain),
      says: 'both',
    }),
    stat({
      title: 'Connected to NATS',
      description: 'While it is not, nobody can reach the orderer.',
      width: 7,
      unit: 'none',
      queries: [[perOrderer(ofOrderer('cairn_transport_connected')), each]],
      mappings: [yesOrNo],
      thresholds: [
        { from: null, color: bad },
        { from: 1, color: good },
      ],
      says: 'both',
    }),
    stat({
      title: 'Up for',
      description: 'Time since the process was started; the shortest of the chosen ones.',
      width: 3,
      unit: 'dtdurations',
      decimals: 0,
      queries: [[`time() - max(${ofOrderer('process_start_time_seconds')})`, 'up']],
      thresholds: always(plain),
    }),
    stat({
      title: 'Version',
      description: 'More than one only while an upgrade goes on.',
      width: 3,
      unit: 'none',
      queries: [[`count by (version) (${ofOrderer('cairn_build_info')})`, '{{version}}']],
      thresholds: always(plain),
      says: 'name',
    }),
    stat({
      title: 'Login ends in',
      description:
        'Until the NATS credentials of the first orderer expire; never for keys, which have no end.',
      width: 4,
      unit: 's',
      queries: [
        [
          `min(${ofOrderer('cairn_transport_credentials_expire_timestamp_seconds')}) - time()`,
          'ends in',
        ],
      ],
      mappings: [neverMapping],
      thresholds: [
        { from: null, color: bad },
        { from: 86_400, color: warning },
        { from: 1_209_600, color: good },
      ],
    }),
  ],
};

const work: Section = {
  title: 'Process',
  height: 8,
  panels: [
    graph({
      title: 'Event loop lag',
      description:
        'How late the event loop comes to its work: 99th percentile of the time since the last scrape. About 0.01 s is what the measurement itself shows at rest.',
      width: 8,
      unit: 's',
      queries: [
        [perOrderer(ofOrderer('nodejs_eventloop_lag_p99_seconds')), '{{instance}} p99'],
        [perOrderer(ofOrderer('nodejs_eventloop_lag_mean_seconds')), '{{instance}} mean'],
      ],
    }),
    graph({
      title: 'Processor',
      description: 'Time of the processor used by each process; 100 % is one core.',
      width: 8,
      unit: 'percentunit',
      queries: [[perOrderer(rateOf(ofOrderer('process_cpu_seconds_total'))), each]],
    }),
    graph({
      title: 'Memory',
      description: 'Resident memory of the process, and what of it the heap of JavaScript uses.',
      width: 8,
      unit: 'bytes',
      queries: [
        [perOrderer(ofOrderer('process_resident_memory_bytes')), '{{instance}} resident'],
        [perOrderer(ofOrderer('nodejs_heap_size_used_bytes')), '{{instance}} heap'],
      ],
    }),
    graph({
      title: 'Garbage collection',
      description: 'Share of the time spent collecting garbage.',
      width: 8,
      unit: 'percentunit',
      queries: [[sumBy(['instance'], rateOf(ofOrderer('nodejs_gc_duration_seconds_sum'))), each]],
    }),
    graph({
      title: 'Memory outside the heap',
      description: 'Buffers: blocks and messages on their way.',
      width: 8,
      unit: 'bytes',
      queries: [[perOrderer(ofOrderer('nodejs_external_memory_bytes')), each]],
    }),
    graph({
      title: 'Open files',
      description: 'File descriptors, connections among them.',
      width: 8,
      unit: 'short',
      queries: [[perOrderer(ofOrderer('process_open_fds')), each]],
    }),
  ],
};

const persistBuckets = ofOrderer('cairn_store_persist_seconds_bucket');

const disk: Section = {
  title: 'Disk',
  height: 8,
  panels: [
    graph({
      title: 'Until it is on disk',
      description:
        'One disk transaction for all channels. Every commit waits for it: p99 of each orderer, and p50 of all.',
      width: 6,
      unit: 's',
      queries: [
        [quantileOf(0.99, ['instance'], persistBuckets), each],
        [quantileOf(0.5, [], persistBuckets), 'p50'],
      ],
    }),
    graph({
      title: 'Disk transactions',
      description: 'A second. Commits that arrive together share one.',
      width: 6,
      unit: 'cps',
      queries: [
        [sumBy(['instance'], rateOf(ofOrderer('cairn_store_persist_seconds_count'))), each],
      ],
    }),
    graph({
      title: 'Data',
      description: 'Bytes the data files take.',
      width: 6,
      unit: 'bytes',
      queries: [[perOrderer(ofOrderer('cairn_store_disk_bytes')), each]],
    }),
    graph({
      title: 'Free',
      description: 'Bytes free on the file system that holds the data files.',
      width: 6,
      unit: 'bytes',
      queries: [[perOrderer(ofOrderer('cairn_store_disk_free_bytes')), each]],
    }),
  ],
};

const nats: Section = {
  title: 'NATS',
  height: 8,
  panels: [
    graph({
      title: 'Frames between orderers',
      description: 'A second, in and out together, by kind.',
      width: 8,
      unit: 'cps',
      queries: [[sumBy(['kind'], rateOf(ofOrderer('cairn_transport_messages_total'))), '{{kind}}']],
    }),
    graph({
      title: 'Bytes between orderers',
      description: 'A second, by orderer and direction.',
      width: 8,
      unit: 'Bps',
      queries: [
        [
          sumBy(['instance', 'direction'], rateOf(ofOrderer('cairn_transport_bytes_total'))),
          '{{instance}} {{direction}}',
        ],
      ],
    }),
    graph({
      title: 'Dropped',
      description: 'Messages a second that were not sent or not believed, by reason.',
      width: 8,
      unit: 'cps',
      queries: [
        [sumBy(['reason'], rateOf(ofOrderer('cairn_transport_dropped_total'))), '{{reason}}'],
      ],
    }),
  ],
};

export const orderer: Frame = {
  uid: 'cairn-orderer',
  title: 'Cairn: orderer',
  description: 'One process, or several beside one another.',
  variables: ['instance'],
  sections: [now, work, disk, nats],
};
