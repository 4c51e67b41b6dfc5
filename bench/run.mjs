// Orders the measurements of bench/run and writes them down.
import { createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { KYC_FIELDS, kycAsk } from '../tests/e2e/lib/asks.mjs';
import { root } from '../tests/e2e/lib/command.mjs';
import { Demonstration, demonstration, readLines } from '../tests/e2e/lib/demo.mjs';
import { addPortal } from '../tests/e2e/lib/history.mjs';
import { serve } from '../tests/e2e/lib/server.mjs';
import { median } from '../tests/e2e/lib/stats.mjs';
import { h2load } from './lib/h2load.mjs';
import { machine } from './lib/machine.mjs';
import { startNginx } from './lib/nginx.mjs';
import * as parts from './lib/parts.mjs';
import { startPostgres } from './lib/postgres.mjs';
import { ratios, sideBySide, spread } from './lib/rounds.mjs';
import { results } from './lib/results.mjs';

const { values } = parseArgs({
    options: {
        quick: { type: 'boolean', default: false }, persons: { type: 'string' },
        rounds: { type: 'string' }, seconds: { type: 'string' },
        large: { type: 'string' }, entries: { type: 'string' }, kept: { type: 'string' },
        out: { type: 'string', default: 'bench/results.md' },
    },
});
const persons = Number(values.persons ?? (values.quick ? 100_000 : 1_000_000));
const rounds = Number(values.rounds ?? 5);
const seconds = Number(values.seconds ?? (values.quick ? 1.5 : 6));
const BODIES_MAX = 100_000;
const tell = (line) => process.stderr.write(`bench: ${line}\n`);

// Bodies about people who lie all over the register.
async function asksAbout(people, count) {
    const every = Math.ceil(count / BODIES_MAX);
    const found = { bodies: [], people: [] };
    let number = 0;
    for await (const person of people) {
        if (number++ % every === 0 && !person.protected) {
            found.bodies.push(JSON.stringify(kycAsk(person, { fields: KYC_FIELDS })));
            found.people.push(person);
        }
    }
    return found;
}

const peopleOf = ({ dir }) =>
    readLines(path.join(dir, 'people.ndjson')).filter((person) => !person.protected);

tell(`the demonstration of ${persons.toLocaleString('en')} people`);
const demo = await demonstration('bench', { persons });
const about = await machine(demo.home);
const portal = await addPortal(demo);
const asks = await asksAbout(demo.people(), persons);
const server = await serve(demo);
const nginx = await startNginx(demo);
tell('PostgreSQL');
const { postgres, version, why } = await startPostgres(persons);
about.postgresql = version ?? `not measured: ${why}`;
if (postgres === null) {
    tell(why);
} else {
    tell(`PostgreSQL is best with ${await postgres.settle(Math.min(seconds, 3))} clients`);
}

const ask = JSON.stringify(kycAsk(asks.people[0]));
const ours = (how) => h2load(demo, {
    port: server.port, address: '/v1/lookup', body: ask, seconds, ...how,
});
const theirs = (address, how) => h2load(demo, { port: nginx.port, address, seconds, ...how });
const rate = (measure) => async () => (await measure()).perSecond;
const found = { persons, rounds, seconds };

found.answerBytes = await nginx.answer(ask, server);
found.h2 = await sideBySide(rounds, {
    dancu: rate(() => ours(parts.H2)),
    nginx: rate(() => theirs('/static.json', parts.H2)),
    ...(postgres ? { pgbench: rate(() => postgres.measure(seconds)) } : {}),
    'nginx, as large as an answer': rate(() => theirs('/large.json', parts.H2)),
}, tell);
await postgres?.stop();
found.h1 = await sideBySide(rounds, {
    dancu: rate(() => ours(parts.H1)),
    nginx: rate(() => theirs('/static.json', parts.H1)),
}, tell);

tell('random people');
const requests = Math.round(median(found.h2.dancu) * seconds);
const random = async () => (await parts.randomAsks(server, asks.bodies, requests)).per_second;
found.cpu = await parts.processorOf(server, requests * rounds, async () => {
    found.random = await sideBySide(rounds, {
        dancu: random,
        nginx: async () => (await parts.plainGets(server, nginx.port, requests)).per_second,
    }, tell);
});

tell('lock-step');
found.lockstep = [];
for (let i = 0; i < rounds; i++) {
    found.lockstep.push(await parts.lockstep(server, asks.bodies, i));
}

tell('half of the peak');
const half = Math.round(median(found.random.dancu) / 2);
found.half = [];
for (let i = 0; i < rounds; i++) {
    const paced = await parts.randomAsks(server, asks.bodies, Math.round(half * seconds),
        { rate: half, seed: i });
    found.half.push(paced.latency_us);
}

tell('memory');
found.memory = await parts.crowded(server, ours);
tell('histories');
found.history = await parts.histories(server, portal, asks.people);
await nginx.stop();
await server.stop();
tell('verify, start');
found.verify = await parts.verify(demo);
found.start = await parts.start(demo);
demo.remove();
if (persons > 100_000) {
    rmSync(await demo.peopleFile());
}
tell('import');
found.import = await parts.importing(path.join(root, 'build/bench/import'), persons);

// Another home, with many entries: how it starts, and who has seen whom in it.
if (values.entries) {
    const many = new Demonstration(path.resolve(values.entries));
    tell(`start of ${many.dir}`);
    found.startMany = await parts.start(many);
    const key = path.join(many.dir, 'portal-key.pem');
    if (existsSync(key)) {
        const running = await serve(many);
        found.historyMany = await parts.histories(running,
            { privateKey: createPrivateKey(readFileSync(key)) }, peopleOf(many));
        await running.stop();
    }
}

// The same asks of a large home beside those of a small one.
if (values.large) {
    const large = new Demonstration(path.resolve(values.large));
    const small = await demonstration('bench-small');
    const many = peopleOf(large);
    const bodies = { large: (await asksAbout(many, many.length)).bodies,
        small: (await asksAbout(small.people(), small.persons)).bodies };
    tell(`${large.dir}, cold`);
    await parts.evict(large);
    const servers = { large: await serve(large), small: await serve(small) };
    const count = Math.round(median(found.random.dancu) * seconds);
    const asked = (which) => async () =>
        (await parts.randomAsks(servers[which], bodies[which], count)).per_second;
    found.cold = await asked('large')();
    found.large = await sideBySide(rounds, { large: asked('large'), small: asked('small') }, tell);
    await servers.large.stop();
    await servers.small.stop();
    small.remove();
}

// Large homes cost tens of gigabytes: what was found with them is kept for runs without them.
const of = `${about.date}, ${about.revision}`;
const kept = values.kept ? JSON.parse(readFileSync(values.kept)) : {};
found.many = {
    start: found.startMany ?? kept.start, history: found.historyMany ?? kept.history,
    large: found.large ? { ...found.large, cold: found.cold } : kept.large,
};
writeFileSync(path.join(root, 'build/bench/large.json'), JSON.stringify(Object.fromEntries(
    Object.entries(found.many).filter(([, piece]) => piece)
        .map(([name, piece]) => [name, { of, ...piece }]))));

found.ratios = {
    h2: spread(ratios(found.h2.dancu, found.h2.nginx)),
    large: spread(ratios(found.h2.dancu, found.h2['nginx, as large as an answer'])),
    pgbench: postgres ? spread(ratios(found.h2.dancu, found.h2.pgbench)) : undefined,
    h1: spread(ratios(found.h1.dancu, found.h1.nginx)),
    random: spread(ratios(found.random.dancu, found.random.nginx)),
    lockstep: spread(found.lockstep.map(({ ours: one, disk }) => one / disk)),
    half: spread(found.half.map(({ p50, p99 }) => p99 / p50)),
    tenMillion: found.many.large
        && spread(ratios(found.many.large.large, found.many.large.small)),
};
const text = results(found, about, `bench/run${values.quick ? ' --quick' : ''}`);
writeFileSync(path.resolve(root, values.out), text);
process.stdout.write(text);
