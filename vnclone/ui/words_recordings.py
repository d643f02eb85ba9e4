"""Strings of the history tab, of downloads and of the generate tab's further options, for `words.say`."""

from __future__ import annotations

from vnclone.models import Said

RECORDINGS: dict[str, Said] = {
    # history: what is looked for
    "history_title": Said("Bản đọc đã tạo", "Your audio"),
    "history_empty": Said("Chưa có bản đọc nào", "No audio yet"),
    "history_empty_next": Said(
        "Chọn một giọng và một tài liệu, rồi bấm “Tạo audio”.", "Choose a voice and a document, then “Generate audio”."
    ),
    "history_go": Said("Tạo audio", "Generate audio"),
    "history_search": Said("Tìm bản đọc", "Search your audio"),
    "history_search_example": Said(
        "Tiêu đề, giọng hoặc lời trong bài, có dấu hay không đều được", "Title, voice or words of the text"
    ),
    "history_status": Said("Trạng thái", "State"),
    "history_any_status": Said("Mọi trạng thái", "Any state"),
    "history_any_engine": Said("Mọi bộ đọc", "Any engine"),
    "history_any_voice": Said("Mọi giọng", "Any voice"),
    "history_all": Said("{total} bản đọc", "{total} in all"),
    "history_found": Said("Tìm thấy {found} trên {total} bản đọc", "{found} found of {total}"),
    "history_none": Said("Không có bản đọc nào như vậy", "Nothing like that here"),
    "history_none_next": Said("Hãy thử từ khác, hoặc bỏ bớt bộ lọc.", "Try other words, or fewer filters."),
    "history_clear": Said("Bỏ mọi bộ lọc", "Clear all filters"),
    "history_more": Said("Xem thêm", "Show more"),
    "more_than": Said("hơn {count}", "more than {count}"),
    "history_count": Said("{shown} trên {total} bản đọc", "{shown} of {total}"),
    # history: one recording
    "listen_along": Said("Nghe và đọc theo", "Listen and read along"),
    "follow": Said("Theo dõi", "Follow"),
    "pause": Said("Tạm dừng", "Pause"),
    "resume": Said("Đọc tiếp", "Resume"),
    "keep_old": Said("Huỷ lần đọc lại", "Cancel the new take"),
    "again": Said("Làm lại với…", "Do it again with…"),
    "voice_of": Said("Giọng đọc: {name}", "Voice: {name}"),
    "generation_delete_ask": Said(
        "Xoá bản đọc “{title}”? Tệp âm thanh sẽ bị xoá hẳn.", "Delete “{title}”? Its audio will be erased."
    ),
    "details": Said("Chi tiết", "Details"),
    "detail_engine": Said("Bộ đọc", "Engine"),
    "detail_revision": Said("{engine}, phiên bản {revision}", "{engine}, revision {revision}"),
    "detail_normalizer": Said("Chuẩn hoá văn bản", "Text normaliser"),
    "detail_spent": Said("Thời gian tạo", "Time to make"),
    "detail_factor": Said(
        "{time} (hệ số thời gian thực {factor}: mỗi giây nghe mất {factor} giây để tạo)",
        "{time} (real-time factor {factor}: {factor} s of work for each second of audio)",
    ),
    "detail_language": Said("Ngôn ngữ", "Language"),
    "detail_speed": Said("Tốc độ đọc", "Reading speed"),
    "detail_format": Said("Định dạng", "Format"),
    "detail_pauses": Said("Quãng nghỉ", "Pauses"),
    "detail_voices": Said("Giọng riêng", "Other voices"),
    "detail_voices_count": Said("{count} chương có giọng riêng", "{count} chapters have a voice of their own"),
    "detail_edition": Said("Số lần đọc lại", "Paragraphs read again"),
    "detail_finished": Said("Hoàn tất lúc", "Finished"),
    # downloads
    "downloads": Said("Tải về", "Download"),
    "download_sound": Said("Một tệp", "One file"),
    "download_chapters": Said("Mỗi chương một tệp (zip)", "A file for each chapter (zip)"),
    "download_subtitles": Said("Phụ đề", "Subtitles"),
    "download_of": Said("{format} của “{title}”", "{format} of “{title}”"),
    "download_mp3_vbr": Said("MP3 VBR", "MP3 VBR"),
    "download_m4b": Said("M4B (sách nói)", "M4B (audiobook)"),
    "download_words": Said("{format} từng từ", "{format} word by word"),
    "download_chapter_files": Said("{format} từng chương", "{format} by chapter"),
    "download_first": Said(
        "Định dạng khác với lúc tạo được làm khi bạn tải lần đầu, bản đọc dài cần chờ một lúc.",
        "Other formats are made when first asked for; long audio takes a moment.",
    ),
    # how long recordings are kept
    "expires_on": Said("Sẽ tự xoá ngày {day}", "Will be deleted on {day}"),
    "expires_soon": Said(
        "Sẽ tự xoá ngày {day}, còn {count} ngày. Hãy tải về nếu bạn muốn giữ.",
        "Will be deleted on {day}; days left: {count}. Download it if you want to keep it.",
    ),
    "expires_today": Said(
        "Sẽ tự xoá trong hôm nay. Hãy tải về nếu bạn muốn giữ.",
        "Will be deleted today. Download it if you want to keep it.",
    ),
    "expiring": Said(
        "{count} bản đọc sẽ tự xoá trong 3 ngày tới, sớm nhất ngày {day}: “{title}”. Hãy tải về những gì bạn muốn giữ.",
        "To be deleted within 3 days: {count}, the first on {day}: “{title}”. Download what you want to keep.",
    ),
    "kept_days": Said(
        "Bản đọc được giữ {days} ngày kể từ khi xong rồi tự xoá; hãy tải về nếu muốn giữ lâu hơn.",
        "Finished audio is kept for {days} days, then deleted; download it to keep it longer.",
    ),
    "kept_always": Said("Bản đọc được giữ cho đến khi bạn xoá.", "Finished audio is kept for as long as you like."),
    # do it again with…
    "again_ready": Said(
        "Đang chuẩn bị làm lại “{title}”: hãy đổi những gì bạn muốn, rồi bấm “Tạo audio”.",
        "Ready to do “{title}” again: change what you like, then press “Generate audio”.",
    ),
    "again_no_voice": Said(
        "Giọng “{name}” đã bị xoá nên hãy chọn giọng khác.",
        "The voice “{name}” has been deleted, so please choose another.",
    ),
    "again_no_document": Said(
        "Tài liệu của bản đọc này đã bị xoá. Lời đã đọc được đưa vào ô văn bản để bạn dùng lại.",
        "The document of this audio has been deleted. What was read has been put into the text box for you.",
    ),
    "again_nothing_left": Said(
        "Tài liệu của bản đọc này đã bị xoá. Hãy chọn tài liệu khác, hoặc thêm lại tài liệu ấy.",
        "The document of this audio has been deleted. Choose another, or add that one again.",
    ),
    "again_chapters_differ": Said(
        "Một số giọng riêng của chương đã bị xoá; các chương ấy dùng giọng đọc chung.",
        "Some voices of single chapters have been deleted; those chapters take the common voice.",
    ),
    # further options
    "mp3_quality": Said("Kiểu nén MP3", "MP3 quality"),
    "mp3_cbr": Said("CBR (mở được ở mọi máy nghe)", "CBR (plays on every device)"),
    "mp3_vbr": Said("VBR (chất lượng đều hơn)", "VBR (more even quality)"),
    "pauses": Said("Quãng nghỉ (giây)", "Pauses (seconds)"),
    "pause_clause": Said("Chỗ ngắt câu dài", "Where a long sentence is cut"),
    "pause_sentence": Said("Sau câu", "After a sentence"),
    "pause_paragraph": Said("Sau đoạn", "After a paragraph"),
    "pause_heading": Said("Sau tiêu đề", "After a heading"),
    "pause_chapter": Said("Sau chương", "After a chapter"),
    "cast": Said("Mỗi chương một giọng ({count} chương)", "A voice for each chapter ({count} chapters)"),
    "cast_hint": Said(
        "Chương nào để “Giọng đọc chung” thì dùng giọng đã chọn ở trên.",
        "A chapter left at “Common voice” takes the voice chosen above.",
    ),
    "cast_common": Said("Giọng đọc chung", "Common voice"),
    "cast_label": Said("Giọng của chương “{title}”", "Voice of the chapter “{title}”"),
    "estimate_size": Said("khoảng {size}", "about {size}"),
}
