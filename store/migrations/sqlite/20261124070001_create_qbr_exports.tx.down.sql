DROP TABLE qbr_exports;
