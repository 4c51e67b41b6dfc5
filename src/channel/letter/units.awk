# Turns data/vn/units-*.tsv (list of 2021, list of 2025; in this order) into the rows and the names
# that units.c includes. Names stand in one text, so that the rows hold no pointers: nothing is to
# be relocated at the start of every process.
BEGIN { FS = "\t"; level["province"] = 0; level["district"] = 1; level["ward"] = 2 }
FNR == 1 { file++; next }

function bytes(text) { return length(text) }

{
    count++
    rows[count] = sprintf("    {%d, %d, %d, %d},\n", file - 1, level[$1], $2, at)
    names[count] = "    \"" $4 "\\0\"\n"
    if ($4 ~ /["\\]/) {
        print "units.awk: a name with a quotation mark: " $0 > "/dev/stderr"
        failed = 1
    }
    at += bytes($4) + 1
}

END {
    if (failed || count < 14000) {
        print "units.awk: not the lists that it knows" > "/dev/stderr"
        exit 1
    }
    print "/* Made by units.awk from data/vn; not to be edited. */"
    print "static const struct unit_row unit_rows[] = {"
    for (i = 1; i <= count; i++) printf "%s", rows[i]
    print "};"
    print "static const char unit_names[] ="
    for (i = 1; i <= count; i++) printf "%s", names[i]
    print "    ;"
}
