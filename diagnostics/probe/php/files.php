<?php
// Questions to the file system, of which the first is always whether this user may ask them.

/** The paths that fit the pattern below a folder, whose own name may have any character in it. */
function probe_glob($folder, $pattern) {
    return glob(preg_replace('/[*?[\\]\\\\{}]/', '\\\\$0', $folder) . $pattern) ?: [];
}

/** The folders above a file must let this user in, else nobody knows whether it is there. */
function probe_need_entry($file) {
    for ($folder = dirname($file); !file_exists($folder) && $folder !== '/'; $folder = dirname($folder)) { continue; }
    if (is_dir($folder) && !is_executable($folder)) {
        throw new RuntimeException("this user cannot look into $folder");
    }
}

/** Files of documents that are not where the database says; null where this user cannot look. */
function probe_files_missing(array $files) {
    $missing = 0;
    foreach ($files as $file) {
        if (file_exists($file)) { continue; }
        try { probe_need_entry($file); } catch (RuntimeException $error) { return null; }
        $missing++;
    }
    return $missing;
}
