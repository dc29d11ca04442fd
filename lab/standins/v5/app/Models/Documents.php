<?php

namespace App\Models;

use finfo;

/** Keeps attachments below public/storage/<company key>/documents. */
class Documents
{
    /** @return Record the new row of `documents`; its `hash` is the name of the stored file */
    public static function attach(Record $entity, Record $company, Record $user, string $path, string $name): Record
    {
        $extension = pathinfo($name, PATHINFO_EXTENSION);
        $hash = random_key(40) . ($extension === '' ? '' : ".{$extension}");
        $folder = "{$company->company_key}/documents";
        if (! is_dir(public_path("storage/{$folder}"))) {
            mkdir(public_path("storage/{$folder}"), 0775, true);
        }
        copy($path, public_path("storage/{$folder}/{$hash}"));
        $size = @getimagesize($path) ?: [0, 0];
        return (new Record('documents', [
            'user_id' => $user->id,
            'company_id' => $company->id,
            'url' => "{$folder}/{$hash}",
            'name' => str_replace('/', '-', $name),
            'type' => $extension === '' ? (new finfo(FILEINFO_MIME_TYPE))->file($path) : strtolower($extension),
            'disk' => config('filesystems.default'),
            'hash' => $hash,
            'size' => filesize($path),
            'width' => $size[0],
            'height' => $size[1],
            'is_public' => 1,
            'documentable_id' => $entity->id,
            'documentable_type' => Tables::morph($entity->table),
        ]))->save();
    }
}
