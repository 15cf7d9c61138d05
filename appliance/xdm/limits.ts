/** What an XDM zip may hold. The box writes far less; an archive to import comes from anywhere. */

/** Four files a submission, 1,000 submissions a day in the largest hospitals: a month is 130,000 files. */
export const MAX_FILES = 400_000;
/** Names of the media are 8.3, three deep; others write longer ones. */
export const MAX_NAME = 255;
/** Submission sets of one file: what `SSnnnnnn` can number. */
export const MAX_SUBMISSIONS = 999_999;
/** A manifest of 300,000 images is about 40 MB. */
export const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;
/** As large as an XML document that the box reads. */
export const MAX_XML_BYTES = 4 * 1024 * 1024;
/** CR.TXT: a line of 150 bytes for each report. */
export const MAX_TEXT_BYTES = 64 * 1024;
/** Documents of one submission: what `KOS_1_nn` can number. */
export const MAX_MANIFESTS = 99;
/** All of one submission, which is in memory at once. */
export const MAX_SUBMISSION_BYTES = 128 * 1024 * 1024;
/** XML and manifests deflate to a thirtieth at best; a bomb to a thousandth (deflate cannot do better than 1:1032). */
export const MAX_RATIO = 200;
