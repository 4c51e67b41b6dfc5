// Ten thousand TLS connections that say nothing, half of them with a client certificate: what each
// costs in memory, and what clients at work notice of them.
import { fork } from 'node:child_process';
import path from 'node:path';
import { sleep, until } from '../../e2e/lib/command.mjs';
import { serve } from '../../e2e/lib/server.mjs';
import { GoodClients, Memory, phase } from './beside.mjs';

const PER_SECOND = 150; // of each holder: handshakes cost the server as much as the holder
const HELD_MS_MAX = 600_000;
export const KIB_EACH_MAX = 64;
const AFTER_MS = 4000;

class Holder {
    #child = fork(path.join(import.meta.dirname, 'holder.mjs'), { execArgv: [] });

    constructor(options) {
        this.#child.send({ ...options, perSecond: PER_SECOND });
    }

    tell() {
        return new Promise((resolve) => {
            this.#child.once('message', resolve);
            this.#child.send('tell');
        });
    }

    stop() {
        this.#child.send('stop');
    }
}

export async function idleCrowd(demo, { idle, seconds }) {
    const server = await serve(demo);
    const processes = await server.processes();
    const memory = new Memory(processes);
    const good = new GoodClients(server, 'machine');
    await sleep(1000);
    const alone = await phase(good, processes, 2 * seconds);
    const { cert, key } = demo.client('bank');
    const common = { port: server.port, ca: demo.ca.toString(), count: idle / 2 };
    const holders = [new Holder(common),
        new Holder({ ...common, cert: cert.toString(), key: key.toString() })];
    const told = () => Promise.all(holders.map((holder) => holder.tell()));
    await until(`${idle} connections are held`, async () =>
        (await told()).reduce((sum, { held }) => sum + held, 0) >= idle,
    { timeoutMs: HELD_MS_MAX, everyMs: 500 });
    const beside = await phase(good, processes, 2 * seconds);
    good.stop();
    const ended = (await told()).reduce((sum, one) => sum + one.ended, 0);
    const edges = Object.entries(memory.rows).filter(([name]) => name.startsWith('edge'));
    const grew = edges.reduce((sum, [, row]) => sum + row.after - row.before, 0);
    holders.forEach((holder) => holder.stop());
    await sleep(AFTER_MS);
    memory.stop();
    const left = edges.reduce((sum, [, row]) => sum + row.after - row.before, 0);
    await server.stop();
    const each = grew / idle;
    console.log(`${idle} idle connections, half with a client certificate: ${each.toFixed(1)} KiB each ` +
        `in the edges, ${(grew / 1024).toFixed(0)} MiB in all, ${(left / 1024).toFixed(0)} MiB more ` +
        `than before when they are gone; good clients ${alone.perSecond.toFixed(0)}/s alone, ` +
        `${beside.perSecond.toFixed(0)}/s beside them (ratio ` +
        `${(beside.perSecond / alone.perSecond).toFixed(2)}); ${ended} ended`);
    return [
        each > KIB_EACH_MAX && `an idle connection takes ${each.toFixed(1)} KiB`,
        left > grew / 2 && `${(left / 1024).toFixed(0)} MiB did not come back`,
        beside.perSecond < 0.8 * alone.perSecond && 'good clients lost too much beside idle ones',
    ].filter(Boolean);
}
