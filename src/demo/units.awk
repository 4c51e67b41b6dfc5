# Turns data/vn/units-*.tsv (list of 2021, list of 2025, mapping; in this order) into the rows that
# units.c includes. Only codes: names of units are not needed to make people.
BEGIN { FS = "\t" }
FNR == 1 { file++; next }

file == 1 && $1 == "province" { old[++olds] = $2 }
file == 1 && $1 == "district" { lies[$2] = $3; district[++districts] = $2 }
file == 1 && $1 == "ward" { put(1, lies[$3], $3, $2); filled[$3] = 1 }
file == 2 && $1 == "province" { new[++news] = $2 }
file == 2 && $1 == "ward" { put(2, $3, "0", $2) }
file == 3 && $1 == "province" { into[$2] = $3 }

function put(list, province, district, ward)
{
    count[list, province]++
    rows[list, province] = rows[list, province] sprintf("    {%d, %d},\n", district, ward)
}

# Codes are written as numbers: without their leading zeros, lest C reads them as octal.
function wards(name, list, provinces, codes,    i)
{
    printf "static const struct ward_row %s[] = {\n", name
    for (i = 1; i <= provinces; i++)
        printf "%s", rows[list, codes[i]]
    printf "};\n\n"
}

function places(name, list, provinces, codes,    i, first)
{
    printf "static const struct province_row %s[] = {\n", name
    for (i = 1; i <= provinces; i++) {
        printf "    {%d, %d, %d, %d},\n", codes[i], list == 1 ? into[codes[i]] : codes[i], first,
            count[list, codes[i]]
        first += count[list, codes[i]]
    }
    printf "};\n\n"
}

END {
    # Island districts have no wards. Nobody is made to live on Hoang Sa (498).
    for (i = 1; i <= districts; i++)
        if (!(district[i] in filled) && district[i] != "498")
            put(1, lies[district[i]], district[i], "0")
    if (olds != 63 || news != 34) {
        print "units.awk: not 63 and 34 provinces" > "/dev/stderr"
        exit 1
    }
    print "/* Made by units.awk from data/vn; not to be edited. */"
    wards("wards_2021", 1, olds, old)
    wards("wards_2025", 2, news, new)
    places("provinces_2021", 1, olds, old)
    places("provinces_2025", 2, news, new)
}
