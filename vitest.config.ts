import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Journeys take longest: begun first, none of them is what one worker still runs when the others have nothing left. */
class JourneysFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isJourney = ({ moduleId }: TestSpecification): boolean => moduleId.includes('/e2e/');
    const sorted = await super.sort(files);
    return [...sorted.filter(isJourney), ...sorted.filter((file) => !isJourney(file))];
  }
}

// Workspace packages are read from their sources (the `source` export condition): no build before a test.
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'testing/test/**/*.test.ts',
      'e2e/**/*.test.ts',
      'scripts/test/**/*.test.ts',
    ],
    globalSetup: ['./scripts/test-setup.mjs'],
    // The extra CA file costs every spawned Node about 50 ms and tests never leave the loopback.
    env: { NODE_EXTRA_CA_CERTS: '' },
    testTimeout: 20_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    sequence: { sequencer: JourneysFirst },
    // Files of one worker share the modules they load, which take a third of the time if each loads its own: a test leaves
    // nothing behind that another file could see.
    isolate: false,
    server: {
      deps: {
        // Packages of others that name a `source` condition too, and whoever imports them.
        inline: [/\/eventsource(?:-parser)?\//, /@modelcontextprotocol\/(?:client|server)\//],
        // The built command, which some tests run in their own process: as it is, not as sources.
        external: [/\/packages\/cli\/dist\/bundle\//],
      },
    },
  },
});
