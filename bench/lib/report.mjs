// The table of bench/results.md: each row with its floor and its aim, and whether they are met.

const number = (value, digits) => value.toLocaleString('en', { maximumFractionDigits: digits,
    minimumFractionDigits: digits });

// 3 significant digits, and thousands with commas.
export function figure(value) {
    const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
    return number(value, digits);
}

const range = ({ least, most }) => `${figure(least)} to ${figure(most)}`;

function verdict({ value, floor, aim, least = false, rough }) {
    if (value === undefined) {
        return 'not measured';
    }
    const reaches = (bound) => (least ? value <= bound : value >= bound);
    const word = reaches(aim) ? 'aim met' : reaches(floor) ? 'floor met' : '**floor not met**';
    return rough ? `${word} (${rough})` : word;
}

// { what, value, unit, over: { middle, least, most }, floor, aim, least: less is better, note }
export function aimsTable(rows) {
    const lines = rows.map((row) => {
        const value = row.value ?? row.over?.middle;
        const shown = value === undefined ? row.note
            : `${figure(value)}${row.unit ?? ''}${row.over ? ` (${range(row.over)})` : ''}`;
        const bound = (of) => `${row.least ? '≤ ' : ''}${of.toLocaleString('en')}${row.unit ?? ''}`;
        return `| ${row.what} | ${shown} | ${bound(row.floor)} | ${bound(row.aim)} | ${
            verdict({ ...row, value })} |`;
    });
    return ['| what | measured | floor | aim | |', '|---|---|---|---|---|', ...lines].join('\n');
}

export function plainTable(rows) {
    return ['| what | figure |', '|---|---|',
        ...rows.map(([what, shown]) => `| ${what} | ${shown} |`)].join('\n');
}
