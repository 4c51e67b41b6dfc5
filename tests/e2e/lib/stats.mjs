// The little statistics that figures need.

export function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const half = Math.floor(sorted.length / 2);
    return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

export function quantile(values, part) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function deviation(values) {
    const middle = mean(values);
    return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

// The median of paired differences with its 95 % interval, and the smallest true difference that
// this sample would have shown with 80 % power at 5 % (two-sided), all by bootstrap.
export function pairedDifference(differences, rounds = 2000) {
    const medians = Array.from({ length: rounds }, () => median(Array.from(differences, () =>
        differences[Math.floor(Math.random() * differences.length)])));
    return {
        median: median(differences),
        low: quantile(medians, 0.025),
        high: quantile(medians, 0.975),
        detectable: (1.96 + 0.84) * deviation(medians),
    };
}

export function shuffled(values) {
    const list = [...values];
    for (let i = list.length - 1; i > 0; i--) {
        const j = Math.floor(Math.random() * (i + 1));
        [list[i], list[j]] = [list[j], list[i]];
    }
    return list;
}

// Friedman's test over rounds of k = 5: how likely ranks as uneven as these are when all are alike
// (chi-squared with 4 degrees of freedom, in closed form).
export function friedman5(rounds) {
    const sums = [0, 0, 0, 0, 0];
    for (const values of rounds) {
        const sorted = [...values].sort((a, b) => a - b);
        values.forEach((value, i) => {
            sums[i] += (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2 + 1;
        });
    }
    const n = rounds.length;
    const statistic = (12 / (n * 5 * 6)) * sums.reduce((sum, rank) => sum + rank * rank, 0) -
        3 * n * 6;
    return { statistic, p: Math.exp(-statistic / 2) * (1 + statistic / 2) };
}

// Numbers between 0 and 1 that a seed gives again (SplitMix32).
export function randomOf(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x9e3779b9) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
        mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
        return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
    };
}

// The median with its 95 % interval from order statistics (no shape is assumed), and the smallest
// true difference that such a sample would have shown with 80 % power at 5 % (two-sided).
export function medianInterval(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const n = sorted.length;
    const half = 0.98 * Math.sqrt(n);
    const low = sorted[Math.max(0, Math.floor(n / 2 - half))];
    const high = sorted[Math.min(n - 1, Math.ceil(n / 2 + half))];
    return { median: median(values), low, high, detectable: (2.8 * (high - low)) / 3.92 };
}

// The same of the differences of every two of several series that were measured side by side.
export function pairs(names, groups) {
    return names.flatMap((a, i) => names.slice(i + 1).map((b) => ({
        a, b, ...medianInterval(groups.map((group) => group[b] - group[a])),
    })));
}

export function pairTable(rows) {
    const cell = (value) => value.toFixed(2).padStart(9);
    return rows.map((row) => `${row.a.padEnd(11)} -> ${row.b.padEnd(11)}${cell(row.median)} [${
        cell(row.low)},${cell(row.high)} ]${cell(row.detectable)}\n`).join('');
}
