"""The sentences of the tab of documents."""

from __future__ import annotations

from vnclone.models import Said

DOCUMENTS: dict[str, Said] = {
    # adding one
    "document_new": Said("Thêm tài liệu", "Add a document"),
    "document_hint": Said(
        "PDF, Word (.doc, .docx), RTF, ODT, PowerPoint, EPUB, HTML, Markdown, TXT, ảnh chụp trang; tối đa {limit}. "
        "Có thể chọn nhiều tệp cùng lúc.",
        "PDF, Word (.doc, .docx), RTF, ODT, PowerPoint, EPUB, HTML, Markdown, TXT, pictures of pages; at most {limit}. "
        "You can choose several files at once.",
    ),
    "document_file": Said("Tệp tài liệu", "Document files"),
    "document_submit": Said("Thêm tài liệu", "Add document"),
    "document_many": Said(
        "Mỗi lần chỉ thêm được {most} tệp. Hãy chọn ít hơn.", "At most {most} files at a time. Choose fewer."
    ),
    # the list
    "documents_yours": Said("Tài liệu của bạn", "Your documents"),
    "documents_empty": Said("Chưa có tài liệu nào", "No documents yet"),
    "documents_empty_next": Said(
        "Thêm một tài liệu, hoặc sang “Tạo audio” để dán văn bản.",
        "Add a document, or go to “Generate” and paste some text.",
    ),
    "document_ready": Said("Tài liệu “{name}” đã sẵn sàng.", "The document “{name}” is ready."),
    "next_generate": Said("Tiếp theo: tạo audio", "Next: generate the audio"),
    "open": Said("Xem và chọn chương", "View and choose chapters"),
    "pages": Said("{count} trang", "{count} pages"),
    "words": Said("{count} từ", "{count} words"),
    "about": Said("khoảng {time}", "about {time}"),
    "document_delete_ask": Said(
        "Xoá tài liệu “{name}”? Các bản đọc đã tạo từ tài liệu này vẫn còn.",
        "Delete the document “{name}”? Audio made from it is kept.",
    ),
    "document_stop": Said("Dừng đọc", "Stop reading"),
    "document_stop_ask": Said(
        "Dừng đọc “{name}” và bỏ tệp này? Muốn đọc lại, bạn phải tải tệp lên lần nữa.",
        "Stop reading “{name}” and drop the file? To read it later you would upload it again.",
    ),
    "document_password": Said("Mật khẩu của tệp “{name}”", "Password of “{name}”"),
    "document_password_hint": Said(
        "Chỉ dùng một lần để mở tệp, không được lưu lại.", "Used once to open the file and never stored."
    ),
    "document_unlock": Said("Mở tệp", "Open the file"),
    "document_all_pages": Said("Đọc cả {count} trang", "Read all {count} pages"),
    "document_all_pages_of_it": Said("Đọc tất cả các trang", "Read all the pages"),
    "status_asks": Said("Chờ bạn trả lời", "Waiting for you"),
    "document_asks_day": Said("Tệp được giữ 24 giờ để chờ bạn.", "The file is kept for 24 hours, waiting for you."),
    # one opened
    "back": Said("Tất cả tài liệu", "All documents"),
    "use_document": Said("Dùng tài liệu này", "Use this document"),
    "nothing_read": Said(
        "Mọi chương đang được bỏ chọn nên không có gì để đọc.",
        "Every chapter is unticked, so there is nothing to read.",
    ),
    # chapters
    "chapters": Said("Chương", "Chapters"),
    "chapters_hint": Said("Bỏ chọn những chương không cần đọc.", "Untick the chapters you do not want to hear."),
    "chapters_all": Said("Chọn tất cả", "Tick all"),
    "chapters_none": Said("Bỏ chọn tất cả", "Untick all"),
    "chapters_more": Said("Xem thêm {count} chương", "Show {count} more chapters"),
    "chapter_untitled": Said("Phần {number}", "Part {number}"),
    "chapter_text": Said("Nội dung", "Text"),
    "chapter_show": Said("Xem nội dung", "Show the text"),
    "chapter_hide": Said("Ẩn nội dung", "Hide the text"),
    "chapter_show_of": Said("Xem nội dung “{title}”", "Show the text of “{title}”"),
    "chapter_hide_of": Said("Ẩn nội dung “{title}”", "Hide the text of “{title}”"),
    "chapter_read": Said("Đọc chương “{title}”", "Read the chapter “{title}”"),
    "chapter_rename": Said("Đổi tên chương", "Rename the chapter"),
    "chapter_rename_ask": Said("Tên mới của chương", "New name of the chapter"),
    "chapter_merge": Said("Gộp vào chương trước", "Merge with the previous chapter"),
    "why_contents": Said(
        "Mục lục, thường không cần nghe, nên đã được bỏ chọn sẵn.",
        "A table of contents is seldom worth hearing, so it was left unticked.",
    ),
    "why_references": Said(
        "Tài liệu tham khảo, thường không cần nghe, nên đã được bỏ chọn sẵn.",
        "References are seldom worth hearing, so they were left unticked.",
    ),
    "why_cover": Said(
        "Trang bìa, thường không cần nghe, nên đã được bỏ chọn sẵn.",
        "A title page is seldom worth hearing, so it was left unticked.",
    ),
    "why_other": Said(
        "Phần này thường không cần nghe nên đã được bỏ chọn sẵn.",
        "This part is seldom worth hearing, so it was left unticked.",
    ),
    # paragraphs
    "edit": Said("Sửa", "Edit"),
    "edit_label": Said("Sửa đoạn {number}", "Edit paragraph {number}"),
    "edit_hint": Said("Xoá hết chữ để bỏ đoạn này.", "Leave it empty to remove this paragraph."),
    "edit_original": Said("Bản gốc: {text}", "Original: {text}"),
    "edit_elsewhere": Said("Vừa được sửa ở nơi khác thành: {text}", "Just changed elsewhere to: {text}"),
    "edit_split": Said("Tách thành chương mới từ đây", "Begin a new chapter here"),
    "edit_heading": Said("Là tiêu đề", "Make it a heading"),
    "edit_body": Said("Là đoạn thường", "Make it plain text"),
    "restore": Said("Khôi phục", "Restore"),
    "restore_label": Said("Khôi phục đoạn {number}", "Restore paragraph {number}"),
    "paragraph_gone": Said("Đã bỏ:", "Left out:"),
    "paragraph_skipped": Said("không đọc", "not read"),
    "paragraph_changed": Said("đã sửa", "edited"),
    "paragraphs_more": Said("Xem thêm {count} đoạn", "Show {count} more paragraphs"),
    "kind_footnote": Said("chú thích cuối trang", "footnote"),
    "kind_speaker_note": Said("ghi chú của người trình bày", "speaker note"),
    "kind_caption": Said("chú thích hình, bảng", "caption"),
    "kind_table_row": Said("hàng trong bảng", "table row"),
    # what is skipped
    "skip": Said("Đọc cả", "Also read"),
    "skip_footnote": Said("Chú thích cuối trang ({count})", "Footnotes ({count})"),
    "skip_speaker_note": Said("Ghi chú của người trình bày ({count})", "Speaker notes ({count})"),
    "skip_caption": Said("Chú thích hình, bảng ({count})", "Captions ({count})"),
    "skip_table_row": Said("Hàng trong bảng ({count})", "Table rows ({count})"),
    # read again
    "encoding_found": Said("Đã chuyển từ {name}", "Converted from {name}"),
    "reread": Said("Chữ hiện chưa đúng?", "Does the text look wrong?"),
    "reread_encoding": Said("Bảng mã của tệp", "Encoding of the file"),
    "reread_submit": Said("Đọc lại tệp", "Read the file again"),
    "reread_hint": Said(
        "Những chỗ bạn đã sửa được giữ lại. Trong lúc đọc lại, bạn vẫn dùng được văn bản hiện có.",
        "Your changes are kept. While the file is read again you can go on using the present text.",
    ),
    "rereading": Said("Đang đọc lại tệp", "Reading the file again"),
    "reread_stop": Said("Dừng đọc lại", "Stop reading again"),
    "reread_failed": Said("Chưa đọc lại được: {why}", "It could not be read again: {why}"),
    "encoding_auto": Said("Tự nhận biết", "Detect automatically"),
    "encoding_keep": Said("Giữ nguyên, không chuyển", "Leave as it is"),
    # scans
    "scans": Said("Trang quét: {count}", "Scanned pages: {count}"),
    "scans_doubtful": Said(
        "Trang quét: {count}, trong đó {doubtful} trang nhận dạng chưa chắc",
        "Scanned pages: {count}, {doubtful} of them uncertain",
    ),
    "scans_hint": Said(
        "Hãy so ảnh trang với chữ đã nhận dạng rồi sửa chỗ sai. Số phần trăm là mức chắc chắn của máy.",
        "Compare the picture with the text that was recognised and correct it. The percentage is how sure it is.",
    ),
    "scan_sure": Said("Trang {number} · {percent}%", "Page {number} · {percent}%"),
    "scan_more": Said("và {count} trang khác", "and {count} more"),
    "scan_choose": Said("Xem trang số", "Look at page"),
    "scan_look": Said("Xem", "Look"),
    "scan_picture": Said("Ảnh trang {number}", "Picture of page {number}"),
    "scan_failed": Said(
        "Chưa xem được ảnh của trang này. Nếu tệp có mật khẩu, hãy xem trong phần mềm của bạn.",
        "The picture of this page cannot be shown. If the file has a password, look at it in your own program.",
    ),
    "scan_nothing": Said("Không có chữ nào được nhận dạng ở trang này.", "No text was recognised on this page."),
    "scan_not": Said("Trang này không phải trang quét.", "This page is not a scanned one."),
    "scan_before": Said("Trang quét trước", "Previous scanned page"),
    "scan_after": Said("Trang quét sau", "Next scanned page"),
    "scan_close": Said("Đóng ảnh trang", "Close the picture"),
}
