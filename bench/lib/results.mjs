// bench/results.md, from what bench/run has found.
import os from 'node:os';
import { median } from '../../tests/e2e/lib/stats.mjs';
import { H1, H2 } from './parts.mjs';
import { aimsTable, figure, plainTable } from './report.mjs';

const mib = (kib) => kib / 1024;
const total = (memory, kind) => mib(memory.reduce((all, row) => all + row[kind], 0));
const count = (value) => Math.round(value).toLocaleString('en');
const entriesNote = (entries) => `${count(entries)} entries`;

// The rows of the aims (design.md section 10), in its order.
function aims(found) {
    const { ratios, cpu, memory, persons } = found;
    const people = persons === 1_000_000 ? undefined : `${count(persons)} people`;
    const many = ({ entries, of }) => (entries >= 1e7 ? of : entriesNote(entries));
    const start = found.many.start ?? found.start;
    const history = found.many.history ?? found.history;
    return [
        { what: 'full look-up, HTTP/2 / nginx-light, 600-byte file', over: ratios.h2, floor: 0.6,
            aim: 1.2, rough: people },
        { what: 'same / pgbench, SELECT and audit INSERT', over: ratios.pgbench, floor: 4, aim: 8,
            note: 'PostgreSQL is not installed', rough: people },
        { what: 'same over HTTP/1.1 keep-alive / nginx', over: ratios.h1, floor: 0.5, aim: 1,
            rough: people },
        { what: 'lock-step p50 / plain 4 kB append + fdatasync', over: ratios.lockstep, floor: 3,
            aim: 1.5, least: true, rough: people },
        { what: 'p99 at half of the peak / p50 there', over: ratios.half, floor: 10, aim: 5,
            least: true, rough: people },
        { what: '10 M persons / 100,000, warm', over: ratios.tenMillion, floor: 0.7, aim: 0.95,
            note: '`--large`', rough: found.many.large?.of },
        { what: 'processor time of a look-up: core', value: cpu.core, unit: ' us', floor: 25, aim: 10,
            least: true, rough: people },
        { what: 'same: edges', value: cpu.edge, unit: ' us', floor: 30, aim: 15, least: true,
            rough: people },
        { what: 'import, persons a second', value: found.import.perSecond, floor: 15_000, aim: 40_000,
            rough: people },
        { what: 'resident memory, all processes, 1,000 connections; a page counts once (PSS)',
            value: total(memory, 'shared'), unit: ' MiB', floor: 400, aim: 150, least: true,
            rough: people },
        { what: 'same without pages of files (the register\'s, mapped; programs)',
            value: total(memory, 'own'), unit: ' MiB', floor: 400, aim: 150, least: true,
            rough: people },
        { what: 'start with 10 M entries', value: start.ms / 1000, unit: ' s', floor: 5, aim: 0.5,
            least: true, rough: many(start) },
        { what: '`dancu ledger verify`, entries a second', value: found.verify.perSecond,
            floor: 300_000, aim: 1_000_000 },
        { what: '"who saw me" over 10 M entries, p50', value: history.p50Ms, unit: ' ms',
            floor: 5, aim: 0.5, least: true, rough: many(history) },
    ];
}

function rates(found) {
    const { ratios } = found;
    const pair = (over) => `${figure(over.middle)} (${figure(over.least)} to ${figure(over.most)})`;
    const side = (group, name) => `${count(median(found[group][name]))}/s`;
    return [
        ['look-ups over HTTP/2, h2load, one person', side('h2', 'dancu')],
        ['nginx-light, 600-byte file', side('h2', 'nginx')],
        [`nginx-light, file of ${count(found.answerBytes)} bytes, as large as an answer`,
            `${side('h2', 'nginx, as large as an answer')}; dancu / that ${pair(ratios.large)}`],
        ['PostgreSQL, SELECT and audit INSERT, pgbench',
            found.h2.pgbench ? side('h2', 'pgbench') : 'not measured'],
        ['look-ups over HTTP/1.1, h2load, one person', side('h1', 'dancu')],
        ['nginx-light over HTTP/1.1', side('h1', 'nginx')],
        ['look-ups about random people, own generator', side('random', 'dancu')],
        ['nginx-light, 600-byte file, own generator',
            `${side('random', 'nginx')}; dancu / that ${pair(ratios.random)}`],
    ];
}

function others(found) {
    const { cpu, memory } = found;
    const us = (values) => `${count(median(values))} us`;
    return [
        ['lock-step p50; the disk\'s', `${us(found.lockstep.map(({ ours }) => ours))}; ${
            us(found.lockstep.map(({ disk }) => disk))}`],
        ['at half of the peak: p50; p99', `${us(found.half.map(({ p50 }) => p50))}; ${
            us(found.half.map(({ p99 }) => p99))}`],
        ['processor time of a look-up: keeper, public, supervisor',
            `${figure(cpu.keeper + cpu.public + cpu.supervisor)} us`],
        ['memory, the sum of resident sizes, in which the program counts for each process',
            `${figure(total(memory, 'resident'))} MiB`],
        ['by process: a page counted once, and without pages of files, MiB', memory.map((row) =>
            `${row.process} ${figure(mib(row.shared))}, ${figure(mib(row.own))}`).join('; ')],
        ['the register on disk', `${count(found.import.bytesPerPerson)} bytes a person`],
        ['start with the log of this run',
            `${found.start.ms} ms, ${entriesNote(found.start.entries)}`],
        ['verify', `${figure(found.verify.seconds)} s, ${entriesNote(found.verify.entries)}`],
        ['"who saw me": p99', `${figure(found.history.p99Ms)} ms`],
        ...(found.many.large ? [['10 M persons, first asks after the register left the cache',
            `${count(found.many.large.cold)}/s; warm ${count(median(found.many.large.large))}/s`]] : []),
        ...(found.many.history ? [[`"who saw me" over ${entriesNote(found.many.history.entries)}: p99`,
            `${figure(found.many.history.p99Ms)} ms`]] : []),
    ];
}

export function results(found, about, command) {
    return `# Figures

Written by \`${command}\`. ${found.rounds} rounds of ${found.seconds} s; the sides of a row one after
the other in changing order, a ratio for each round. Shown are medians, with the least and the most
in brackets. To repeat it: the same command; \`--persons N\`, \`--rounds N\`, \`--seconds N\`;
\`--large DIR\` takes a demonstration of 10 M people (with \`people.ndjson\`, some of them),
\`--entries DIR\` one whose log has 10 M entries (with \`portal-key.pem\`, too, to ask who saw whom);
\`--kept FILE\` takes what a run with them has left in \`build/bench/large.json\`.
The steps that led here, and why floors are not met: [steps.md](steps.md).

${Object.entries(about).map(([name, value]) => `- ${name}: ${value}`).join('\n')}

${aimsTable(aims(found))}

What stands in the last column's brackets is what it was measured with instead of the aim's size, or
when and with which revision.

${plainTable(rates(found))}

${plainTable(others(found))}

Method. Server, load and yardsticks share the machine's ${os.cpus().length} processors; only one of
them is measured at a time. h2load and pgbench are Debian's; h2load is given its client certificate by
\`bench/preload.c\`. Same certificates, TLS versions and client certificates on both sides;
${H2.connections} connections of ${H2.streams} streams for HTTP/2, ${H1.connections} connections for
HTTP/1.1; handshakes stand outside what is measured. h2load sends one body for a whole run, so it
asks about one person; the own generator (\`bench/load.c\`) picks one of up to 100,000 who lie all
over the register, and at half of the peak it sends evenly and counts from when a request was due.
Every answer counted was a 200 with person, receipt and opening, recorded and synced before it left;
an answer waits for a sync that it shares with all that wait with it. PostgreSQL has everything in its
memory, its least log, prepared statements, and as many clients as gave its best rate; the audit row
is synced (\`synchronous_commit\`), and nothing is decided, sealed, proven or encrypted. "Who saw me"
is the newest page of citizens picked at random, by a portal's assertion, over one connection; it is
recorded, too, before it is given.
`;
}
