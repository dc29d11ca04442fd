<?php

namespace App\Models;

use finfo;
use RuntimeException;

/** Keeps attachments below public/storage/<company key>/documents. */
class Documents
{
    /** The extension that Symfony's MimeTypes names first for a type. */
    private const EXTENSIONS = [
        'image/png' => 'png', 'image/jpeg' => 'jpg', 'image/gif' => 'gif', 'image/tiff' => 'tif', 'image/webp' => 'webp',
        'image/vnd.adobe.photoshop' => 'psd', 'application/pdf' => 'pdf', 'application/postscript' => 'ai', 'text/plain' => 'txt',
        'text/html' => 'html', 'text/csv' => 'csv', 'text/xml' => 'xml', 'application/zip' => 'zip', 'application/msword' => 'doc',
        'application/vnd.ms-excel' => 'xls', 'application/vnd.ms-powerpoint' => 'ppt',
        'application/vnd.openxmlformats-officedocument.wordprocessingml.document' => 'docx',
        'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' => 'xlsx',
        'application/vnd.openxmlformats-officedocument.presentationml.presentation' => 'pptx',
        'application/vnd.oasis.opendocument.text' => 'odt', 'application/vnd.oasis.opendocument.spreadsheet' => 'ods',
        'application/vnd.oasis.opendocument.presentation' => 'odp', 'application/json' => 'json', 'text/x-php' => 'php',
    ];

    private const IMAGES = ['jpg', 'jpeg', 'png', 'gif', 'bmp', 'tiff', 'psd'];

    /** What a file's extension is by its content; its name is not looked at. */
    public static function extension(string $path): string
    {
        return self::EXTENSIONS[(new finfo(FILEINFO_MIME_TYPE))->file($path)] ?? 'bin';
    }

    /** @return Record the new row of `documents`; its `hash` is the name of the stored file */
    public static function attach(Record $entity, Record $company, Record $user, string $path, string $name): Record
    {
        $extension = self::extension($path);
        $hash = random_key(40) . ".{$extension}";
        $folder = "{$company->company_key}/documents";
        if (! is_dir(public_path("storage/{$folder}"))) {
            mkdir(public_path("storage/{$folder}"), 0775, true);
        }
        copy($path, public_path("storage/{$folder}/{$hash}"));
        $size = [0, 0];
        if (in_array($extension, self::IMAGES, true)) {
            // Upstream does not look whether there is a size: a damaged image ends in an error 500, with its file stored.
            $size = @getimagesize($path) ?: throw new RuntimeException('Trying to access array offset on value of type bool');
        }
        return (new Record('documents', [
            'user_id' => $user->id,
            'company_id' => $company->id,
            'url' => "{$folder}/{$hash}",
            'name' => str_replace('/', '-', $name),
            'type' => $extension,
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
