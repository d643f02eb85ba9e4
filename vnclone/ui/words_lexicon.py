"""Strings of a person's own pronunciations and of the preview of what will be said, for `words.say`."""

from __future__ import annotations

from vnclone.models import Said

LEXICON: dict[str, Said] = {
    "lexicon_title": Said("Cách đọc riêng", "Your pronunciations"),
    "lexicon_hint": Said(
        "Bạn ghi sao thì đọc vậy, trước mọi quy tắc khác. Mục viết thường khớp cả chữ hoa; "
        "mục có chữ hoa chỉ khớp đúng như đã viết.",
        "Said as you write it, before every other rule. An entry in lower case matches any case; "
        "one with capitals only that spelling.",
    ),
    "lexicon_word": Said("Từ hoặc cụm từ", "Word or phrase"),
    "lexicon_word_example": Said("Ví dụ: NĐ-CP", "For example: SQL"),
    "lexicon_say": Said("Đọc là", "Say it as"),
    "lexicon_say_example": Said("nghị định chính phủ", "sequel"),
    "lexicon_add": Said("Lưu cách đọc", "Save it"),
    "lexicon_saved": Said("Đã lưu “{word}”.", "“{word}” is saved."),
    "lexicon_gone": Said("Đã xoá “{word}”.", "“{word}” is deleted."),
    "lexicon_loaded": Said("Đã nhập {count} mục.", "{count} entries were taken in."),
    "lexicon_count": Said("Mục của bạn ({count})", "Your entries ({count})"),
    "lexicon_none": Said("Chưa có mục nào.", "No entries yet."),
    "lexicon_search": Said("Tìm trong các mục", "Search your entries"),
    "lexicon_look": Said("Tìm", "Search"),
    "lexicon_found": Said("Tìm thấy {found} trong {count} mục.", "{found} of {count} entries found."),
    "lexicon_all": Said("Xem tất cả", "Show all"),
    "lexicon_more": Said("Xem thêm (còn {count})", "Show more ({count} left)"),
    "lexicon_edit": Said("Sửa", "Edit"),
    "lexicon_edit_label": Said("Sửa cách đọc của “{word}”", "Edit how to say “{word}”"),
    "lexicon_edit_ask": Said("“{word}” đọc là", "Say “{word}” as"),
    "lexicon_delete_label": Said("Xoá mục “{word}”", "Delete the entry “{word}”"),
    "lexicon_file_title": Said("Nhập từ tệp CSV", "Take in a CSV file"),
    "lexicon_file_hint": Said(
        "Hai cột: word,say (từ, cách đọc), UTF-8, tối đa {most} mục. Mục đã có sẽ đọc như trong tệp.",
        "Two columns: word,say; UTF-8; at most {most} entries. Entries you have already are said as the file says.",
    ),
    "lexicon_file": Said("Tệp CSV", "CSV file"),
    "lexicon_file_submit": Said("Nhập các mục", "Take in the entries"),
    "lexicon_csv": Said("Nhập hoặc tải tệp CSV", "CSV file: take in or download"),
    "lexicon_download": Said("Tải tệp CSV", "Download as CSV"),
    "spoken_title": Said("Xem trước cách đọc", "Preview what will be said"),
    "spoken_written": Said("Viết", "Written"),
    "spoken_said": Said("Sẽ đọc", "Will be said"),
    "spoken_hint": Said(
        "Gạch chân là chỗ đọc khác chữ viết; ✎ là cách đọc riêng của bạn.",
        "Underlined: said other than written. ✎ is one of your pronunciations.",
    ),
    "spoken_own": Said("cách đọc riêng", "your pronunciation"),
    "spoken_none": Said(
        "Chọn tài liệu hoặc nhập văn bản để xem sẽ đọc thế nào.",
        "Choose a document or type some text to see what will be said.",
    ),
    "spoken_more": Said("Xem tiếp", "Show more"),
    "spoken_enough": Said(
        "Chỉ xem trước phần đầu; phần sau được đọc theo cùng quy tắc.",
        "The preview ends here; the rest is said by the same rules.",
    ),
}
