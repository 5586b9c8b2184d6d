// All commands but the one that start.ts has a shorter way to.
import { main } from './main.ts';

process.exitCode = await main(process.argv.slice(2));
