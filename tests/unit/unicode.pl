#!/usr/bin/env perl
# usage: unicode.pl DUMP
# Holds kps_utf8_is_unsafe against the Unicode Character Database that perl brings. DUMP is a program that prints every
# unsafe code point in hexadecimal, one a line. Exit 77: this perl has no Unicode properties.
use strict;
use warnings;

my $unsafe = eval {
    qr/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\x{FFF9}-\x{FFFB}\x{E0000}-\x{E007F}]/
} or exit 77;
my %ours = map { chomp; (hex($_) => 1) } qx($ARGV[0] unsafe);
die "unicode: $ARGV[0] printed nothing\n" unless %ours;
my ($wrong, $count) = (0, 0);
no warnings 'utf8';
for my $code (0 .. 0x10FFFF) {
    next if $code >= 0xD800 && $code <= 0xDFFF;    # not encoded in UTF-8
    my $theirs = chr($code) =~ $unsafe ? 1 : 0;
    $count += $theirs;
    next if $theirs == ($ours{$code} // 0);
    printf "U+%04X: Unicode says %s\n", $code, $theirs ? "unsafe" : "safe" if $wrong++ < 20;
}
print "unicode: $count unsafe code points of ", 0x110000 - 0x800, ", $wrong differ\n";
exit($wrong ? 1 : 0);
