// citizen.search at size: whether whoever should be found is found, in every spelling; p50 and p99
// over the network beside look-ups of the same run, when nothing is in memory and when all is.
import { statSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { Http2Client } from './lib/client.mjs';
import { must } from './lib/command.mjs';
import { Demonstration, demonstration } from './lib/demo.mjs';
import { expectedOf, FORMS, givenOf, keyOf, namesakesOf, pickPeople } from './lib/namesakes.mjs';
import { grantSearch, LOOKUP, SEARCH } from './lib/search.mjs';
import { serve } from './lib/server.mjs';
import { quantile, randomOf, shuffled } from './lib/stats.mjs';

const SEED = 2021;
const { values } = parseArgs({
    options: {
        persons: { type: 'string', default: '1000000' }, people: { type: 'string', default: '400' },
        asks: { type: 'string', default: '20000' }, demo: { type: 'string' },
        file: { type: 'string' }, seed: { type: 'string', default: '1' },
    },
});
const tell = (line) => process.stderr.write(`${line}\n`);
const random = randomOf(Number(values.seed));

async function home() {
    if (values.demo) {
        return { demo: new Demonstration(path.resolve(values.demo), 0, SEED), file: values.file };
    }
    const demo = await demonstration('search', { persons: Number(values.persons) });
    return { demo, file: await demo.peopleFile() };
}

// The pages of the file leave the memory of the system, as far as nobody maps them.
const forget = (file) => must('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);

const spread = (times) => ({ asks: times.length, p50_ms: Number(quantile(times, 0.5).toFixed(3)),
    p99_ms: Number(quantile(times, 0.99).toFixed(3)),
    max_ms: Number(Math.max(...times).toFixed(3)) });

// One after the other on one connection; each look-up stands beside a search about the same person.
async function timed(client, subjects) {
    const times = { search: [], lookup: [] };
    for (const { search, lookup } of subjects) {
        for (const [kind, place, ask] of shuffled([['search', '/v1/search', search],
            ['lookup', '/v1/lookup', lookup]])) {
            const body = JSON.stringify(ask);
            const from = performance.now();
            await client.send({ method: 'POST', path: place, body,
                headers: { 'content-type': 'application/json' } });
            times[kind].push(performance.now() - from);
        }
    }
    return { search: spread(times.search), lookup: spread(times.lookup) };
}

async function recall(client, people, found) {
    const told = {};
    for (const [form, put] of Object.entries(FORMS)) {
        const counts = { searches: 0, spelled_otherwise: 0, right: 0, expected: 0, found: 0,
            too_many: 0, nobody: 0 };
        for (const person of people) {
            const [subject, fits] = put(person);
            const expected = expectedOf(found.get(keyOf(person)), fits);
            const given = givenOf(await client.send({ method: 'POST', path: '/v1/search',
                body: JSON.stringify({ business: SEARCH, case: 'HS-1', subject }),
                headers: { 'content-type': 'application/json' } }));
            counts.searches++;
            counts.spelled_otherwise += subject.name !== person.name;
            counts.right += given === expected;
            counts.too_many += expected === 'too many';
            counts.nobody += expected === 'nobody';
            if (given !== expected) {
                tell(`${form}: ${JSON.stringify(subject)}: ${given}, not ${expected}`);
            }
            if (/^\d/.test(expected)) {
                const ids = new Set(given.split(' '));
                counts.expected += expected.split(' ').length;
                counts.found += expected.split(' ').filter((id) => ids.has(id)).length;
            }
        }
        told[form] = { ...counts, recall: counts.found / counts.expected };
    }
    return told;
}

const { demo, file } = await home();
await grantSearch(demo);
tell(`people by name: ${file}`);
// Whoever is protected is found by nobody, and the sixth search for him is refused.
const people = pickPeople(file, Number(values.people), random)
    .filter(({ hidden, province, sex }) => !hidden && province !== null && sex !== null);
const { found, lines } = await namesakesOf(file, people);
tell(`${lines} people, ${people.length} searched for, ${
    Math.max(...[...found.values()].map((list) => list.length))} at most have one name and year`);

const subjects = pickPeople(file, Number(values.asks), random).map((person) => ({
    search: { business: SEARCH, case: 'HS-1',
        subject: { name: person.name, birth_date: person.birth } },
    lookup: { business: LOOKUP, case: 'HS-1', fields: ['full_name', 'sex', 'permanent_residence'],
        subject: { id: person.id, name: person.name, birth_date: person.birth } },
}));
const registry = path.join(demo.home, 'registry.db');
await forget(registry);
const server = await serve(demo);
const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('hcm-onestop') });
await client.send({ path: '/v1/grants' });
const cold = await timed(client, subjects.slice(0, Math.min(2000, subjects.length)));
tell(`cold: ${JSON.stringify(cold)}`);
await must('dd', [`if=${registry}`, 'of=/dev/null', 'bs=4M', 'status=none']);
await timed(client, subjects.slice(0, Math.min(2000, subjects.length)));
const warm = await timed(client, subjects);
tell(`warm: ${JSON.stringify(warm)}`);
const told = await recall(client, people, found);
await client.close();
await server.stop();
process.stdout.write(`${JSON.stringify({ persons: lines, registry_bytes: statSync(registry).size,
    cold, warm, recall: told }, null, 2)}\n`);
if (!values.demo) {
    demo.remove();
}
process.exit(Object.values(told).every(({ searches, right }) => searches === right) ? 0 : 1);
