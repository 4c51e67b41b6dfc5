// slowhttptest, the tool that others test with: slow heads (-H), bodies (-B), ranges (-R) and
// readers (-X), with a client certificate through bench/preload.c on the machine listener.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { HOST } from '../../e2e/lib/client.mjs';
import { has, must, root, sleep } from '../../e2e/lib/command.mjs';
import { cpuSeconds } from '../../e2e/lib/proc.mjs';
import { serve } from '../../e2e/lib/server.mjs';
import { Burner, counters, GoodClients, Memory, phase } from './beside.mjs';

const CONNECTIONS = 400;
const PER_SECOND = 100;
const LASTS_S = 14; // longer than HTTP_HEADERS_S_MAX
const COLOURS = /\x1b\[[0-9;]*[A-Za-z]/g;
const MODES = {
    H: ['-i', '2', '-t', 'GET'], B: ['-i', '2', '-s', '8192', '-t', 'POST'],
    R: ['-t', 'HEAD', '-a', '10', '-b', '3000'], X: ['-w', '10', '-y', '20', '-n', '2', '-z', '8'],
};

function slow(demo, port, mode) {
    const { certPath, keyPath } = demo.client('bank');
    return spawn('slowhttptest', [`-${mode}`, ...MODES[mode], '-c', String(CONNECTIONS),
        '-r', String(PER_SECOND), '-l', String(LASTS_S), '-p', '3',
        '-u', `https://${HOST}:${port}/v1/lookup`], {
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, LD_PRELOAD: path.join(root, 'build/bench/preload.so'),
            DANCU_CERT: certPath, DANCU_KEY: keyPath },
    });
}

async function one(demo, mode, listener, seconds) {
    const server = await serve(demo);
    const processes = await server.processes();
    const good = new GoodClients(server, listener);
    const memory = new Memory(processes);
    await sleep(500);
    const quiet = await phase(good, processes, seconds);
    const tool = slow(demo, listener === 'machine' ? server.port : server.publicPort, mode);
    const ended = once(tool, 'close');
    let said = '';
    tool.stdout.on('data', (text) => {
        said += text;
    });
    await sleep(CONNECTIONS / PER_SECOND * 1000);
    const before = cpuSeconds(tool.pid);
    const beside = await phase(good, processes, seconds);
    const cpu = (cpuSeconds(tool.pid) - before) / (seconds + 0.4);
    await ended;
    const burner = new Burner(Math.max(0, cpu));
    const control = await phase(good, processes, seconds);
    burner.stop();
    good.stop();
    memory.stop();
    await server.stop();
    const available = [...said.replace(COLOURS, '').matchAll(/service available:\s*(YES|NO)/g)]
        .map(([, word]) => word);
    return { quiet, beside, control, cpu, memory: memory.rows, counted: counters(server.said),
        available: available.length > 0 && !available.includes('NO') };
}

export async function slowTools(demo, { seconds }) {
    if (!has('slowhttptest')) {
        await must('bash', ['-c', '. tools/common.sh && need_packages slowhttptest']);
    }
    const bad = [];
    console.log('| slowhttptest | listener | good/s alone | beside | ratio to the control | too slow | ' +
        'available |\n|---|---|---|---|---|---|---|');
    for (const mode of Object.keys(MODES)) {
        for (const listener of ['machine', 'public']) {
            const row = await one(demo, mode, listener, 2 * seconds);
            const ratio = row.beside.perSecond / row.control.perSecond;
            console.log(`| -${mode} | ${listener} | ${row.quiet.perSecond.toFixed(0)} | ` +
                `${row.beside.perSecond.toFixed(0)} | ${ratio.toFixed(2)} | ` +
                `${row.counted.too_slow ?? 0} | ${row.available ? 'yes' : 'no'} |`);
            bad.push(...[
                !row.available && `-${mode}, ${listener}: slowhttptest found no service`,
                ratio < 0.8 && `-${mode}, ${listener}: good clients kept ${ratio.toFixed(2)}`,
            ].filter(Boolean));
        }
    }
    return bad;
}
