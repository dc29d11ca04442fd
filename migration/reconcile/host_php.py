"""What runs in the host's PHP: reads one entity after the other, and makes each record the same text on both sides.

PHP 7.3 to 8.4, with pdo_mysql alone; GD (for a logo) and OpenSSL (for the gateways' settings) where they are there.
Everything is read in one REPEATABLE READ, READ ONLY snapshot.
"""

from __future__ import annotations

# A field's kind: t text, n number, d day, b yes or no, c client (by its identity), u currency of a client, s secret,
# x encrypted settings of a gateway, l lines of V4 (read from invoice_items), j lines of V5 (JSON), k computed by V4's
# rules below (see entities.py), p document's bytes.
ENGINE = r"""
const RC_FIELD = "\x1f";
const RC_LINE = "\x1e";
const RC_PART = "\x1d";

function rc_number($v) {
    if ($v === null || $v === '' || $v === false) { return '0'; }
    if (is_int($v)) { return (string) $v; }
    if ($v === true) { return '1'; }
    $v = is_float($v) ? sprintf('%.6F', $v) : (string) $v;
    if (strpos($v, '.') !== false && stripos($v, 'e') === false) { $v = rtrim(rtrim($v, '0'), '.'); }
    return $v === '-0' || $v === '' || $v === '-' ? '0' : $v;
}

function rc_day($v) {
    $v = substr((string) $v, 0, 10);
    return strncmp($v, '0000', 4) === 0 ? '' : $v;
}

function rc_clean($v) {
    return str_replace(['</sc', 'onerror', 'prompt(', 'alert('], '<-', (string) $v);
}

function rc_v4_line(array $r, $clean) {
    $type = (string) $r['invoice_item_type_id'];
    $texts = [$r['product_key'], $r['notes'], $r['custom_value1'], $r['custom_value2']];
    if ($clean) { $texts = array_map('rc_clean', $texts); }
    return [rc_number($r['qty']), rc_number($r['cost']), (string) $texts[0], (string) $texts[1],
        rc_number($r['discount']), (string) $r['tax_name1'], rc_number($r['tax_rate1']), (string) $r['tax_name2'],
        rc_number($r['tax_rate2']), '', '0', (string) $texts[2], (string) $texts[3], $type === '0' ? '1' : $type];
}

function rc_v5_lines($json) {
    $lines = [];
    foreach ((array) json_decode((string) $json, true) as $i) {
        $i = (array) $i + ['quantity' => 0, 'cost' => 0, 'product_key' => '', 'notes' => '', 'discount' => 0,
            'tax_name1' => '', 'tax_rate1' => 0, 'tax_name2' => '', 'tax_rate2' => 0, 'tax_name3' => '',
            'tax_rate3' => 0, 'custom_value1' => '', 'custom_value2' => '', 'type_id' => '1'];
        $type = (string) $i['type_id'];
        $lines[] = [rc_number($i['quantity']), rc_number($i['cost']), (string) $i['product_key'], (string) $i['notes'],
            rc_number($i['discount']), (string) $i['tax_name1'], rc_number($i['tax_rate1']),
            (string) $i['tax_name2'], rc_number($i['tax_rate2']), (string) $i['tax_name3'],
            rc_number($i['tax_rate3']), (string) $i['custom_value1'], (string) $i['custom_value2'],
            $type === '0' || $type === '' ? '1' : $type];
    }
    return $lines;
}

// Laravel's encrypter: base64 of JSON with iv, value, mac; the value is serialized.
function rc_decrypt($payload, $key, $cipher) {
    if (strncmp($key, 'base64:', 7) === 0) { $key = base64_decode(substr($key, 7)); }
    $parts = json_decode((string) base64_decode((string) $payload), true);
    if (!is_array($parts) || !isset($parts['iv'], $parts['value'])) { return null; }
    if (!function_exists('openssl_decrypt')) { return null; }
    $iv = base64_decode($parts['iv']);
    $text = openssl_decrypt($parts['value'], strtolower($cipher ?: 'AES-256-CBC'), $key, 0, $iv);
    if ($text === false) { return null; }
    $plain = @unserialize($text, ['allowed_classes' => false]);
    return is_string($plain) ? $plain : $text;
}

// Settings of a gateway as one text, whatever the order of their names.
function rc_settings_text($plain) {
    $values = json_decode((string) $plain, true);
    if (!is_array($values)) { return (string) $plain; }
    ksort($values);
    return json_encode($values);
}

class Reconciler {
    public $pdo; public $in; public $tenant; public $client = []; public $currency = []; public $maps = [];
    public $crypt; public $disks; public $unreadable = []; public $named = [];

    public function __construct(PDO $pdo, array $in, array $config) {
        $this->pdo = $pdo; $this->in = $in; $this->crypt = $config['crypt']; $this->disks = $config['disks'];
    }

    public function rows($sql) {
        $values = [];
        for ($i = substr_count($sql, ':tenant'); $i > 0; $i--) { $values['tenant' . $i] = $this->tenant; }
        $n = 0;
        $sql = preg_replace_callback('/:tenant\b/', function () use (&$n) { $n++; return ':tenant' . $n; }, $sql);
        $s = $this->pdo->prepare($sql);
        try {
            $s->execute($values);
            return $s->fetchAll(PDO::FETCH_ASSOC);
        } catch (PDOException $e) {
            ninja_fail('query', $e->getMessage());
        }
    }

    public function pairs($sql) {
        $found = [];
        foreach ($this->rows($sql) as $r) { $r = array_values($r); $found[$r[0]] = (string) $r[1]; }
        return $found;
    }

    public function prepare() {
        // A client is known by its contacts' key, which opens the portal, so only a digest of it goes anywhere.
        $this->client = array_map([$this, 'secret'], $this->pairs($this->in['identity']));
        $this->currency = $this->pairs($this->in['currency']);
        foreach ($this->in['maps'] as $name => $sql) { $this->maps[$name] = $this->pairs($sql); }
        if ($this->in['contacts'] !== '') { $this->contacts($this->rows($this->in['contacts'])); }
    }

    // Which contact V5's importer makes the primary one, and who gets mail: it wants one of each for every client.
    private function contacts(array $rows) {
        $of = [];
        foreach ($rows as $r) { $of[$r['client_id']][] = $r; }
        $primary = []; $mail = [];
        foreach ($of as $contacts) {
            $chosen = null; $living = null; $anybody = false;
            foreach ($contacts as $r) {
                if ($chosen === null || ($r['is_primary'] && !$chosen['is_primary'])) { $chosen = $r; }
                if ($r['deleted_at'] === null && $living === null) { $living = $r; }
                $anybody = $anybody || $r['send_invoice'];
                if ($r['send_invoice']) { $mail[$r['id']] = '1'; }
            }
            $primary[$chosen['id']] = '1';
            if ($chosen['deleted_at'] !== null && $living !== null) { $primary[$living['id']] = '1'; }
            if (!$anybody) { $mail[$chosen['id']] = '1'; }
        }
        $this->maps['primary'] = $primary; $this->maps['mail'] = $mail;
    }

    // The balance that V5 gives a client: what its invoices have open; an archived client keeps V4's, less its credits.
    private function balance($id, $own) {
        if (!isset($this->maps['archived'][$id])) {
            return rc_number(isset($this->maps['open'][$id]) ? $this->maps['open'][$id] : '0');
        }
        $cents = (int) round(100 * $own);
        $credits = isset($this->maps['credits'][$id]) ? explode(',', $this->maps['credits'][$id]) : [];
        foreach ($credits as $credit) {
            if ($credit > 0 && $cents > 0) { $cents -= (int) round(100 * $credit); }
        }
        return rc_number(sprintf('%.2F', $cents / 100));
    }

    private function computed($what, $value, $id) {
        if ($what === 'balance') { return $this->balance($id, $value); }
        return rc_number(isset($this->maps[$what][$value]) ? $this->maps[$what][$value] : '0');
    }

    private function secret($v) {
        return $v === null || $v === '' ? '' : substr(hash_hmac('sha256', (string) $v, $this->in['salt']), 0, 32);
    }

    private function file($disk, $path) {
        if (!isset($this->disks[$disk])) { return ['', "is on the disk '$disk', which is not on this host"]; }
        $file = $this->disks[$disk] . '/' . ltrim((string) $path, '/');
        if (!is_file($file)) { return ['', 'is missing on the host']; }
        if (!is_readable($file)) { return ['', 'cannot be read on the host']; }
        clearstatcache(true, $file);
        return [filesize($file) . ' bytes, sha256 ' . hash_file('sha256', $file), ''];
    }

    private function column(array $e, $wanted) {
        $columns = [$e['id'] . ' AS _id'];
        foreach ($e['fields'] as $name => $field) {
            if ($wanted === null || in_array($name, $wanted, true)) { $columns[] = $field[1] . " AS `$name`"; }
        }
        return implode(', ', $columns);
    }

    // The rows in the order of their ids, so many at a time; only these ids, where they are given.
    public function each(array $e, $wanted, $ids = null) {
        $size = $this->in['chunk'];
        $sql = 'SELECT ' . $this->column($e, $wanted) . ' FROM ' . $e['from'] . ' WHERE ' . $e['where'];
        $end = ' ORDER BY ' . $e['id'] . ' LIMIT ' . $size;
        if ($ids === null) {
            $last = 0;
            do {
                $rows = $this->rows($sql . ' AND ' . $e['id'] . ' > ' . $last . $end);
                if ($rows) { $last = (int) end($rows)['_id']; yield $rows; }
            } while (count($rows) === $size);
            return;
        }
        foreach (array_chunk($ids, $size) as $some) {
            $rows = $this->rows($sql . ' AND ' . $e['id'] . ' IN (' . implode(',', $some) . ')' . $end);
            if ($rows) { yield $rows; }
        }
    }

    private function lines(array $rows, $clean, $ids) {
        $found = [];
        $first = (int) reset($rows)['_id']; $last = (int) end($rows)['_id'];
        $which = $ids === null ? "BETWEEN $first AND $last"
            : 'IN (' . implode(',', array_map(function ($r) { return (int) $r['_id']; }, $rows)) . ')';
        foreach ($this->rows('SELECT invoice_id, qty, cost, product_key, notes, discount, tax_name1, tax_rate1,'
            . ' tax_name2, tax_rate2, custom_value1, custom_value2, invoice_item_type_id FROM invoice_items'
            . ' WHERE account_id = :tenant AND deleted_at IS NULL'
            . " AND invoice_id $which ORDER BY invoice_id, id") as $r) {
            $found[$r['invoice_id']][] = rc_v4_line($r, $clean);
        }
        return $found;
    }

    // A record's fields as texts; lines as lists.
    public function record(array $fields, array $r, array $lines) {
        $out = [];
        foreach ($fields as $name => $field) {
            $v = isset($r[$name]) ? $r[$name] : null;
            switch ($field[0]) {
                case 't': $out[$name] = (string) $v; break;
                case 'n': $out[$name] = rc_number($v); break;
                case 'd': $out[$name] = rc_day($v); break;
                case 'b': $out[$name] = $v ? '1' : '0'; break;
                case 'c': $out[$name] = $v !== null && isset($this->client[$v]) ? $this->client[$v] : ''; break;
                case 'u': $out[$name] = $v !== null && isset($this->currency[$v]) ? $this->currency[$v] : ''; break;
                case 's': $out[$name] = $this->secret($v); break;
                case 'x':
                    $plain = rc_decrypt($v, $this->crypt['key'], $this->crypt['cipher']);
                    $out[$name] = $plain === null ? 'unreadable' : $this->secret(rc_settings_text($plain));
                    break;
                case 'l': $out[$name] = isset($lines[$r['_id']]) ? $lines[$r['_id']] : []; break;
                case 'j': $out[$name] = rc_v5_lines($v); break;
                case 'k': $out[$name] = (string) $this->computed($field[2], $v, $r['_id']); break;
                case 'p':
                    list($disk, $path) = explode('|', (string) $v, 2);
                    list($out[$name], $why) = $this->file($disk, $path);
                    if ($why !== '') { $this->unreadable[] = [(int) $r['_id'], $why]; }
                    break;
            }
        }
        return $out;
    }

    public static function text(array $record) {
        $texts = [];
        foreach ($record as $v) {
            if (is_array($v)) {
                $parts = [];
                foreach ($v as $line) { $parts[] = implode(RC_PART, $line); }
                $v = implode(RC_LINE, $parts);
            }
            $texts[] = $v;
        }
        return implode(RC_FIELD, $texts);
    }

    public function bucket(array $e, array $record) {
        $key = [];
        foreach ($e['bucket'] as $name) { $key[] = $record[$name]; }
        return crc32(implode(RC_FIELD, $key)) % $this->in['buckets'];
    }

    private function numberless(array $e, array $record) {
        $names = [];
        foreach ($e['numberless'] as $name) { $names[] = $record[$name]; }
        return substr(md5(implode(RC_FIELD, $names)), 0, 16);
    }

    // The number that V4 leaves to V5 is no part of the comparison.
    private function blank(array $e, array &$record) {
        if (!isset($e['numberless'], $this->in['numberless'][$e['name']])) { return; }
        if (isset($this->in['numberless'][$e['name']][$this->numberless($e, $record)])) { $record['number'] = ''; }
    }

    private function chunks(array $e, $ids) {
        $kinds = array_column($e['fields'], 0);
        $own = in_array('l', $kinds, true);
        foreach ($this->each($e, null, $ids) as $rows) {
            $lines = $own ? $this->lines($rows, $e['clean'], $ids) : [];
            foreach ($rows as $r) {
                $record = $this->record($e['fields'], $r, $lines);
                $this->blank($e, $record);
                yield (int) $r['_id'] => $record;
            }
        }
    }

    public function digests(array $e) {
        $buckets = []; $groups = []; $without = []; $with = []; $n = 0;
        foreach ($this->chunks($e, null) as $record) {
            $n++;
            $b = $this->bucket($e, $record);
            $digest = md5(self::text($record), true);
            $buckets[$b] = isset($buckets[$b]) ? $buckets[$b] . $digest : $digest;
            if (isset($e['numberless'])) {
                if ($record['number'] === '') { $without[$this->numberless($e, $record)] = 1; }
                else { $with[$this->numberless($e, $record)] = 1; }
            }
            $this->count($e, $record, $groups);
        }
        foreach ($buckets as $b => $digests) {
            $each = str_split($digests, 16);
            sort($each, SORT_STRING);
            $buckets[$b] = substr(md5(implode('', $each)), 0, 16);
        }
        $out = ['records' => $n, 'buckets' => (object) $buckets, 'groups' => self::totals($groups)];
        if (isset($e['numberless'])) { $out['numberless'] = array_keys(array_diff_key($without, $with)); }
        return $out;
    }

    private function count(array $e, array $record, array &$groups) {
        $names = [];
        foreach ($e['group'] as $name) { $names[] = $record[$name]; }
        $g = implode('/', $names);
        if (!isset($groups[$g])) { $groups[$g] = ['count' => 0, 'deleted' => 0, 'sums' => []]; }
        if (!empty($record['is_deleted'])) { $groups[$g]['deleted']++; return; }
        $groups[$g]['count']++;
        foreach ($e['sums'] as $name) {
            $v = $record[$name];
            $sign = strncmp($v, '-', 1) === 0 ? -1 : 1;
            list($whole, $part) = explode('.', ltrim($v, '-') . '.', 3);
            if (!isset($groups[$g]['sums'][$name])) { $groups[$g]['sums'][$name] = [0, 0]; }
            $groups[$g]['sums'][$name][0] += $sign * (int) $whole;
            $groups[$g]['sums'][$name][1] += $sign * (int) str_pad(substr($part, 0, 6), 6, '0');
        }
    }

    // Sums as [whole, millionths]: exact, whatever their size.
    private static function totals(array $groups) {
        ksort($groups);
        foreach ($groups as $g => $found) { $groups[$g]['sums'] = (object) $found['sums']; }
        return (object) $groups;
    }

    // The records of these groups only: first their ids by the key alone, then the whole of those.
    public function records(array $e, array $wanted) {
        $wanted = array_flip($wanted);
        $key = $e['bucket'];
        $fields = array_intersect_key($e['fields'], array_flip($key));
        $ids = [];
        foreach ($this->each($e, $key) as $rows) {
            foreach ($rows as $r) {
                $record = $this->record($fields, $r, []);
                if (isset($wanted[$this->bucket($e, $record)])) { $ids[] = (int) $r['_id']; }
            }
        }
        $found = [];
        foreach ($this->chunks($e, $ids) as $id => $record) {
            $found[] = ['_id' => $id] + $record;
            foreach (['client', 'identity'] as $name) {
                if (isset($record[$name])) { $this->named[$record[$name]] = 1; }
            }
        }
        $labels = [];
        if (isset($e['label']) && $ids) {
            $sql = "SELECT {$e['id']} AS id, {$e['label']} AS label FROM {$e['from']} WHERE {$e['where']}";
            foreach (array_chunk($ids, 500) as $some) {
                foreach ($this->rows($sql . ' AND ' . $e['id'] . ' IN (' . implode(',', $some) . ')') as $r) {
                    $labels[$r['id']] = (string) $r['label'];
                }
            }
        }
        return ['records' => $found, 'labels' => (object) $labels];
    }

    // The names of the clients that these records are of.
    public function names() {
        $names = [];
        foreach (array_intersect_key(array_flip($this->client), $this->named) as $identity => $id) {
            $found = $this->rows('SELECT name FROM clients WHERE id = ' . (int) $id);
            $names[$identity] = $found ? (string) $found[0]['name'] : '';
        }
        return $names;
    }

    public function marks() {
        $marks = [];
        foreach ($this->in['marks'] as $table => $sql) {
            $marks[$table] = implode(' ', array_map('strval', $this->rows($sql)[0]));
        }
        return $marks;
    }

    public function logo($disk, $path) {
        if ((string) $path === '') { return ['there' => false]; }
        list($bytes, $why) = $this->file($disk, $path);
        if ($why !== '') { return ['there' => true, 'problem' => $why]; }
        $out = ['there' => true, 'bytes' => $bytes];
        $image = function_exists('imagecreatefromstring')
            ? @imagecreatefromstring(file_get_contents($this->disks[$disk] . '/' . ltrim($path, '/'))) : false;
        if (!$image) { return $out; }
        $out['size'] = imagesx($image) . ' x ' . imagesy($image);
        // A rough picture of it: V5 stores every logo anew as PNG, so the bytes differ while the picture is the same.
        $small = imagecreatetruecolor(16, 16);
        imagefilledrectangle($small, 0, 0, 15, 15, 0xFFFFFF);
        imagecopyresampled($small, $image, 0, 0, 0, 0, 16, 16, imagesx($image), imagesy($image));
        $rough = [];
        for ($y = 0; $y < 16; $y++) {
            for ($x = 0; $x < 16; $x++) {
                $c = imagecolorat($small, $x, $y);
                $rough[] = ($c >> 16) & 255; $rough[] = ($c >> 8) & 255; $rough[] = $c & 255;
            }
        }
        $out['rough'] = $rough;
        return $out;
    }
}

function rc_config(array $in) {
    $config = ['crypt' => $in['crypt'], 'disks' => $in['disks']];
    if ($in['cached'] === '') { return $config; }
    $cached = ninja_config($in['cached']);
    if (isset($cached['app']['key'])) {
        $config['crypt'] = ['key' => $cached['app']['key'], 'cipher' => $cached['app']['cipher']];
    }
    if (isset($cached['filesystems']['disks'])) {
        $config['disks'] = [];
        foreach ($cached['filesystems']['disks'] as $name => $disk) {
            if (!isset($disk['driver'], $disk['root']) || $disk['driver'] !== 'local') { continue; }
            $config['disks'][$name] = $disk['root'];
        }
    }
    return $config;
}

// What V4 and V5 say of a time zone: the same hours all year are the same zone under another name.
function rc_zone($name) {
    try { $zone = new DateTimeZone((string) $name); } catch (\Exception $e) { return ''; }
    $offsets = [];
    $year = (int) gmdate('Y');
    for ($month = 1; $month <= 12; $month++) {
        $noon = sprintf('%d-%02d-15 12:00:00', $year, $month);
        $offsets[] = $zone->getOffset(new DateTime($noon, new DateTimeZone('UTC')));
    }
    return implode(' ', $offsets);
}

$pdo = ninja_connect($input);
$pdo->exec("SET SESSION time_zone = '+00:00'");
$pdo->exec('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
try {
    $pdo->exec('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
} catch (PDOException $e) {
    $pdo->exec('START TRANSACTION WITH CONSISTENT SNAPSHOT');
}
$r = new Reconciler($pdo, $input, rc_config($input));
$out = ['taken_at' => gmdate('Y-m-d\TH:i:s\Z')];
if ($input['owner'] !== null) {
    $owners = $pdo->query($input['owner'])->fetchAll(PDO::FETCH_ASSOC);
} else {
    $statement = $pdo->prepare($input['find']);
    $statement->execute([$input['key']]);
    $owners = $statement->fetchAll(PDO::FETCH_ASSOC);
}
if (!$owners) { ninja_emit(['company' => null] + $out); }
$out['company'] = $owners[0];
$r->tenant = (int) $owners[0]['id'];
$r->prepare();
$out['marks'] = $r->marks();
$out['entities'] = [];
if ($input['wanted'] === null) {
    foreach ($input['entities'] as $e) { $out['entities'][$e['name']] = $r->digests($e); }
    $settings = $r->rows($input['settings']);
    $row = $settings ? $settings[0] : [];
    if (isset($row['_json'])) {
        $all = (array) json_decode((string) $row['_json'], true);
        unset($row['_json']);
        foreach ($input['setting_names'] as $name) {
            $row[$name] = isset($all[$name]) ? $all[$name] : null;
        }
    }
    foreach ($input['lookups'] as $name => $sql) {
        $found = $r->rows($sql);
        $row[$name] = $found ? (string) reset($found[0]) : '';
    }
    $row['_zone'] = rc_zone($row['_timezone']);
    $out['settings'] = $row;
    $logo = (string) (isset($row[$input['logo'][1]]) ? $row[$input['logo'][1]] : '');
    $out['logo'] = $r->logo($input['logo'][0], $input['logo'][2] !== '' && strpos($logo, $input['logo'][2]) !== false
        ? substr($logo, strpos($logo, $input['logo'][2]) + strlen($input['logo'][2])) : $logo);
    $out['notes'] = [];
    foreach ($input['notes'] as $name => $sql) { $out['notes'][$name] = $r->rows($sql); }
} else {
    foreach ($input['entities'] as $e) {
        if (isset($input['wanted'][$e['name']])) {
            $out['entities'][$e['name']] = $r->records($e, $input['wanted'][$e['name']]);
        }
    }
    $out['clients'] = (object) $r->names();
}
$out['unreadable'] = $r->unreadable;
$pdo->exec('ROLLBACK');
ninja_emit($out);
"""
