// What the kernel says of a process: /proc, read by root or by the process's own user.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export function status(pid) {
    const lines = readFileSync(`/proc/${pid}/status`, 'utf8').trimEnd().split('\n');
    return Object.fromEntries(lines.map((line) => {
        const at = line.indexOf(':');
        return [line.slice(0, at), line.slice(at + 1).trim()];
    }));
}

// Hard limits by name.
export function limits(pid) {
    const lines = readFileSync(`/proc/${pid}/limits`, 'utf8').trimEnd().split('\n').slice(1);
    return Object.fromEntries(lines.map((line) => {
        const name = line.slice(0, 26).trim();
        return [name, line.slice(47, 68).trim()];
    }));
}

// Where its open descriptors lead.
export function descriptors(pid) {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
        try {
            return readlinkSync(`/proc/${pid}/fd/${fd}`);
        } catch {
            return '';
        }
    });
}

export const rootFolder = (pid) => readlinkSync(`/proc/${pid}/root`);
export const title = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0];

function stat(pid) {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

// When it was started, in ticks since the machine was: with its number, who it is. Null: gone.
export function startedTicks(pid) {
    try {
        const fields = stat(pid);
        return fields[0] === 'Z' ? null : Number(fields[19]);
    } catch {
        return null;
    }
}

// Seconds of processor time, user and system.
export function cpuSeconds(pid) {
    const fields = stat(pid);
    return (Number(fields[11]) + Number(fields[12])) / 100;
}

export function residentKib(pid) {
    return Number(status(pid).VmRSS.split(' ')[0]);
}

// Of it, what the system cannot take back: no pages of files, which are its cache.
export function ownKib(pid) {
    const { RssAnon, RssShmem } = status(pid);
    return parseInt(RssAnon, 10) + parseInt(RssShmem, 10);
}

// Resident memory with each shared page divided among those who share it (PSS).
export function sharedKib(pid) {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)[1]);
}
